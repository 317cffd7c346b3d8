"""What a class costs its hub: kernels that open a lesson and drag a slider, one alone and many at once.

    python benchmarks/classroom.py [--kernels 20] [--json]

Each kernel runs lesson 06 up to its first lab, as each learner's does, and is then sent what a page sends while a
slider is dragged: new values as soon as the last picture has come. Somebody who reads a lesson drags perhaps a tenth of
the time, so 20 kernels that drag at once stand for a class of 200. Memory is the proportional set size: what kernels
share is divided among them. Linux only.
"""

import argparse
import json
import os
import queue
import statistics
import threading
import time
from pathlib import Path

import numpy as np
from jupyter_client import KernelManager
from measure import machine, row, show

LESSON = next((Path(__file__).resolve().parents[1] / "notebooks").glob("06-*.ipynb"))
SECONDS, THREADS = 10, ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Learner:
    """One kernel, with the lab that its page would show."""

    def __init__(self, environment):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=LESSON.parent, env=environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=120)

    def open_lesson(self):
        """Run the cells until a lab is there, and find its address and a slider."""
        for cell in json.loads(LESSON.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            self.client.execute_interactive("".join(cell["source"]), timeout=300, output_hook=lambda message: None)
            said = self.ask("import json\n"
                            "labs = [value for value in list(globals().values()) if isinstance(value, live.Lab)]\n"
                            "found = [(lab.model_id, lab.spec) for lab in labs[:1]]\n"
                            "print(json.dumps(found))")  # fmt: skip
            if json.loads(said or "[]"):
                self.address, spec = json.loads(said)[0]
                self.sliders = [control for control in spec if "Slider" in control["kind"]]
                self.values = {control["name"]: control["value"] for control in spec}
                return

    def ask(self, code):
        texts = []
        self.client.execute_interactive(
            code, timeout=300, output_hook=lambda message: texts.append(message["content"].get("text", ""))
        )
        return "".join(texts).strip()

    def drag(self, seconds):
        """Milliseconds from each new value to its picture, one after the other."""
        slider, taken, end = self.sliders[0], [], time.monotonic() + seconds
        positions = np.geomspace if slider["kind"] == "LogSlider" else np.linspace
        places = list(positions(slider["low"], slider["high"], 40))
        for number in range(10**6):
            if time.monotonic() > end:
                return taken
            self.values[slider["name"]] = float(places[number % len(places)])
            content = {"kind": "tick", "view": "a", "seq": number, "values": self.values}
            data = {"method": "custom", "content": content}
            start = time.perf_counter()
            message = self.client.session.msg("comm_msg", {"comm_id": self.address, "data": data})
            self.client.shell_channel.send(message)
            self._wait_for(number)
            taken.append(1e3 * (time.perf_counter() - start))

    def _wait_for(self, number):
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=60)
            except queue.Empty:
                raise RuntimeError("a kernel does not answer any more") from None
            content = message["content"].get("data", {}).get("content", {}) if message["msg_type"] == "comm_msg" else {}
            if content.get("error"):
                raise RuntimeError(content["error"])
            if content.get("seq") == number and not content.get("more"):
                return

    @property
    def process(self):
        return self.manager.provisioner.process.pid

    def memory(self):
        """Megabytes of its process, what it shares with others divided among them."""
        lines = Path(f"/proc/{self.process}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    def processor(self):
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def together(learners, seconds):
    """All of them drag at the same time: the milliseconds, and processor seconds for each picture."""
    before, results = sum(learner.processor() for learner in learners), [None] * len(learners)

    def one(k):
        results[k] = learners[k].drag(seconds)

    threads = [threading.Thread(target=one, args=(k,)) for k in range(len(learners))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = sum(results, [])
    return taken, (sum(learner.processor() for learner in learners) - before) / len(taken)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    environment = {**os.environ, **{name: "1" for name in THREADS}}
    about, rows, learners = machine(), [], []
    try:
        start = time.perf_counter()
        for _ in range(asked.kernels):
            learners.append(Learner(environment))
        opened = time.perf_counter() - start
        workers = [threading.Thread(target=learner.open_lesson) for learner in learners]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        ready = time.perf_counter() - start
        rows.append(row(f"{asked.kernels} kernels started, one after the other", f"{opened:.0f} s"))
        rows.append(row("... and the lesson run up to its first lab in all of them at once", f"{ready:.0f} s"))
        for count in sorted({1, max(1, asked.kernels // 4), asked.kernels}):
            taken, cost = together(learners[:count], SECONDS)
            latency = f"median {statistics.median(taken):.0f} ms, p95 {np.quantile(taken, 0.95):.0f} ms"
            pictures = len(taken) / SECONDS / count
            cost = f"{pictures:.1f} pictures a second each, {1e3 * cost:.0f} ms of processor a picture"
            rows.append(row(f"{count} of them drag a slider", latency, cost))
        memory = [learner.memory() for learner in learners]
        rows.append(row("memory of a kernel", f"median {statistics.median(memory):.0f} MB, most {max(memory):.0f} MB"))
        show(rows, about, asked.json)
    finally:
        for learner in learners:
            learner.close()


if __name__ == "__main__":
    main()
