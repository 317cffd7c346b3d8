"""What the benchmarks share: interleaved timing, the machine in one line, and the table."""

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import time
from datetime import date

import deconvlab as dl


def options(doc, repeats=None):
    """The command line: JSON instead of a table and, where time is measured, how often each way is repeated."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    if repeats is not None:
        parser.add_argument("--repeats", type=int, default=repeats)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser.parse_args()


def interleaved(ways, repeats):
    """Seconds of each way, a list for each, taken in turns after a warm-up; and what each returns."""
    results, seconds = {name: way() for name, way in ways.items()}, {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    return results, seconds


def medians(seconds):
    """Median milliseconds of each way."""
    return {name: 1e3 * statistics.median(taken) for name, taken in seconds.items()}


def machine():
    """What was measured, on what and how busy it was."""
    versions = {"python": platform.python_version(), "deconvlab": dl.__version__}
    for name in ("numpy", "scipy", "scikit-image"):
        versions[name] = importlib.metadata.version(name)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {"date": date.today().isoformat(), "cores": os.cpu_count(), "load": round(load, 2), **versions}


def row(what, ours, peer="", target="", met=None):
    """One line of the table: `met` is None where nothing was promised."""
    verdict = {None: "", True: "met", False: "MISSED"}[None if met is None else bool(met)]
    return {"what": what, "ours": ours, "peer": peer, "target": target, "verdict": verdict}


def show(rows, about, as_json):
    """Print the rows as a Markdown table, or all of it as JSON."""
    if as_json:
        print(json.dumps({"machine": about, "rows": rows}, indent=1))
        return
    print(", ".join(f"{key} {value}" for key, value in about.items()) + "\n")
    print("| what | deconvlab | compared with | target | |\n|---|---|---|---|---|")
    for line in rows:
        print("| " + " | ".join(line.values()) + " |")
