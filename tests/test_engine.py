"""The engine of a lab that yields: the newest values win, the last picture is always shown, nothing keeps running."""

import asyncio
import threading
import time

import numpy as np
import pytest

from deconvlab import _background, live


class Page:
    """The page's half: it sends ticks and acknowledges pictures, by the rules of live.js."""

    def __init__(self, lab, seen=True):
        self.lab, self.seen, self.sequence, self.received = lab, seen, 0, []
        self.arrived = threading.Condition()
        lab.send = self.receive

    def receive(self, content, buffers=None):
        with self.arrived:
            self.received.append(content)
            self.arrived.notify_all()
        if self.seen and content.get("more"):
            self.lab._receive(None, {"kind": "seen"}, [])

    def tick(self, **values):
        self.sequence += 1
        message = {"kind": "tick", "view": "v", "seq": self.sequence, "values": {**self.lab.values, **values}}
        self.lab._receive(None, message, [])

    def wait(self, condition, seconds=10):
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(condition(c) for c in self.received), seconds), self.received[-3:]

    def wait_for_the_end(self):
        self.wait(lambda c: c.get("seq") == self.sequence and c.get("more") is False)
        return self.received[-1]


def counting(last=20, pause=0.01):
    """A lab whose k-th frame carries the number k, and a list of all that it computed."""
    computed = []

    @live.lab(level=live.Slider(0.5, 0, 1))
    def count(level):
        for k in range(last):
            time.sleep(pause)
            computed.append((level, k))
            yield live.Frame(images={"grey": np.full((4, 4), level)}, numbers={"k": k})

    return count, computed


def threads_of_labs():
    return [t for t in threading.enumerate() if t.name.endswith(" refines")]


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    deadline = time.monotonic() + 5
    while threads_of_labs() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not threads_of_labs()


def test_a_call_and_set_run_to_the_last_frame():
    count, _ = counting(last=7, pause=0)
    page = Page(count)
    assert count().numbers == {"k": 6} == count.set(level=0.25).numbers
    assert [c["numbers"] for c in page.received] == [{"k": "6"}]


def test_the_first_picture_comes_before_the_run_is_over_and_the_last_one_always():
    """A page that waits for convergence, or stops one picture short of it."""
    count, _ = counting(last=60, pause=0.01)
    page = Page(count)
    page.tick(level=0.75)
    first = page.received[0]
    assert first["more"] and int(first["numbers"]["k"]) < 20 and first["values"] == {"level": 0.75}
    assert page.wait_for_the_end()["numbers"] == {"k": "59"}
    shown = [int(c["numbers"]["k"]) for c in page.received]
    assert shown == sorted(shown) and 2 < len(shown) < 30  # in order, and not one message for each step
    assert count.values == {"level": 0.75}


def test_a_quick_run_is_one_message():
    count, _ = counting(last=5, pause=0)
    page = Page(count)
    page.tick(level=0.1)
    assert page.wait_for_the_end()["numbers"] == {"k": "4"}
    assert len(page.received) <= 2


def test_new_values_stop_the_old_run_and_no_stale_picture_follows():
    count, computed = counting(last=1000)
    page = Page(count)
    page.tick(level=0.25)
    page.wait(lambda c: c["values"] == {"level": 0.25} and int(c["numbers"]["k"]) > 5)
    page.tick(level=0.75)
    since = len(page.received) - 1
    page.wait(lambda c: c["values"] == {"level": 0.75} and int(c["numbers"]["k"]) > 20)
    assert {c["values"]["level"] for c in page.received[since:]} == {0.75}
    before = sum(level == 0.25 for level, _ in computed)
    time.sleep(0.1)
    assert sum(level == 0.25 for level, _ in computed) == before
    count._generation += 1  # what any newer setting does


def test_setting_from_python_stops_a_run_and_has_the_last_word():
    count, _ = counting(last=40)
    page = Page(count)
    page.tick(level=0.25)
    frame = count.set(level=0.75)
    time.sleep(0.2)
    assert page.received[-1]["values"] == {"level": 0.75} and frame.numbers == {"k": 39}


def test_a_thousand_quick_changes_end_with_the_last():
    count, _ = counting(last=3, pause=0.0001)
    page = Page(count)
    for level in np.linspace(0, 1, 1000):
        page.tick(level=float(level))
    last = page.wait_for_the_end()
    assert last["values"] == {"level": 1.0} and last["numbers"] == {"k": "2"}
    shown = [c["seq"] for c in page.received]
    assert shown == sorted(shown)


def test_an_endless_generator_stops_when_replaced():
    @live.lab(level=live.Slider(0.5, 0, 1))
    def endless(level):
        while True:
            time.sleep(0.001)
            yield live.Frame(images={"grey": np.full((4, 4), level)})

    page = Page(endless)
    page.tick(level=0.25)
    page.tick(level=0.75)
    page.wait(lambda c: c["seq"] == 2)
    endless._generation += 1  # what any newer setting does
    time.sleep(0.1)
    assert not threads_of_labs()


def test_stop_ends_a_run_and_keeps_its_picture():
    count, computed = counting(last=10**9, pause=0.002)
    page = Page(count)
    page.tick(level=0.25)
    page.wait(lambda c: c.get("more") and int(c["numbers"]["k"]) > 30)
    count._receive(None, {"kind": "stop"}, [])
    kept = page.received[-1]
    assert "more" not in kept and int(kept["numbers"]["k"]) > 30
    time.sleep(0.1)
    assert page.received[-1] is kept and not threads_of_labs()
    page.tick(level=0.75)
    page.wait(lambda c: c.get("seq") == 2)
    count._receive(None, {"kind": "stop"}, [])


def test_an_endless_generator_ends_without_a_browser(monkeypatch):
    monkeypatch.setattr(live, "MOST_FRAMES", 50)
    count, computed = counting(last=10**9, pause=0)
    assert count().numbers == {"k": 49} and len(computed) == 50


def test_a_closed_page_stops_the_run(monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0.2)
    count, computed = counting(last=10**9)
    page = Page(count, seen=False)
    page.tick(level=0.25)
    deadline = time.monotonic() + 5
    while threads_of_labs() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not threads_of_labs() and len(computed) < 200


def test_an_attentive_page_keeps_the_run_going(monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0.2)
    count, _ = counting(last=60)
    page = Page(count)
    page.tick(level=0.25)
    assert page.wait_for_the_end()["numbers"] == {"k": "59"}


@pytest.mark.parametrize("fails_at", [0, 1, 40])
def test_an_exception_inside_a_generator_is_one_line(fails_at):
    @live.lab(level=live.Slider(0.5, 0, 1))
    def fragile(level):
        for k in range(60):
            time.sleep(0.005)
            if k == fails_at and level > 0.7:
                raise RuntimeError("the step\nfailed")
            yield live.Frame(images={"grey": np.full((4, 4), level)}, numbers={"k": k})

    page = Page(fragile)
    page.tick(level=0.8)
    page.wait(lambda c: "error" in c)
    assert page.received[-1] == {"view": "v", "seq": 1, "error": "RuntimeError: the step"}
    page.tick(level=0.2)
    assert page.wait_for_the_end()["numbers"] == {"k": "59"}
    with pytest.raises(RuntimeError, match="the step"):
        fragile(level=0.8)


def test_an_old_run_that_fails_late_says_nothing():
    release = threading.Event()

    @live.lab(level=live.Slider(0.5, 0, 1))
    def slow(level):
        yield live.Frame(images={"grey": np.full((4, 4), level)})
        time.sleep(live.PREVIEW)
        yield live.Frame(images={"grey": np.full((4, 4), level)})
        if level < 0.5:
            release.wait(5)
            raise RuntimeError("too late")

    page = Page(slow)
    page.tick(level=0.25)
    page.tick(level=0.75)
    page.wait_for_the_end()
    release.set()
    time.sleep(0.1)
    assert not any("error" in c for c in page.received)


def test_a_generator_without_a_frame_says_so():
    @live.lab(level=live.Slider(0.5, 0, 1))
    def nothing(level):
        yield from ()

    with pytest.raises(ValueError, match="nothing: yielded nothing, expected at least one live.Frame"):
        nothing()
    page = Page(nothing)
    page.tick(level=0.25)
    assert page.received[0]["error"] == "nothing: yielded nothing, expected at least one live.Frame"


# Back through a run


def stepping(last=20, size=4):
    """A lab whose frames say their step, with a curve along the run and one across something else."""

    @live.lab(level=live.Slider(0.5, 0, 1))
    def step(level):
        y, losses = np.zeros((size, size)), []
        for k in range(last + 1):
            losses.append(last - k)
            curves = {
                "loss": live.Curves({"loss": losses}, "step", marks={"rule": 3}),
                "gain": live.Curves({"gain": (np.linspace(0, 0.5, 5), np.full(5, k))}, "frequency"),
            }
            images = {"y": y, "x": np.full((size, size), level * k / last)}
            yield live.Frame(images=images, curves=curves, numbers={"k": k}, step=k)

    return step


def go_back(page, step):
    page.sequence += 1
    page.lab._receive(None, {"kind": "step", "view": "v", "seq": page.sequence, "step": step}, [])
    return page.received[-1]


def test_a_run_can_be_gone_back_through():
    """Catches: the wrong step, another setting's, a curve that is cut, a mark on an axis that is not the run's."""
    page = Page(stepping())
    page.tick(level=0.8)
    end = page.wait_for_the_end()
    assert end["steps"] == list(range(21)) and end["step"] == 20
    now = go_back(page, 5)
    assert (now["numbers"], now["step"], now["seq"], now["values"]) == ({"k": "5"}, 5, page.sequence, {"level": 0.8})
    loss, gain = now["curves"]
    assert loss["lines"][0]["length"] == 21 and loss["marks"] == {"rule": 3, "here": 5}
    assert gain["marks"] == {}
    np.testing.assert_allclose(page.lab._frame.images["x"].array, 0.8 * 5 / 20)
    np.testing.assert_array_equal(page.lab._frame.curves["gain"].lines["gain"][1], 5)
    assert go_back(page, 20)["curves"][0]["marks"] == {"rule": 3}
    page.tick(level=0.1)
    page.wait_for_the_end()
    go_back(page, 10)
    np.testing.assert_allclose(page.lab._frame.images["x"].array, 0.1 * 10 / 20)


def test_steps_are_there_without_a_tick_and_while_a_run_goes_on_they_are_not():
    lab = stepping()
    page = Page(lab)
    lab.set(level=0.3)
    page.lab._receive(None, {"kind": "hello", "view": "v"}, [])
    assert page.received[-1]["steps"] == list(range(21))
    slow, _ = counting()
    page = Page(slow)
    page.tick(level=0.2)
    page.wait_for_the_end()
    assert all(c["steps"] == [] and c["step"] is None for c in page.received)


def test_kept_steps_stay_within_the_memory_and_the_nearest_answers(monkeypatch):
    """Catches: a long run that fills the memory, or pictures counted twice that all steps share."""
    monkeypatch.setattr("deconvlab._frame.MEMORY", 8 * 100 * 6)
    page = Page(stepping(last=30, size=10))
    page.tick(level=1)
    steps = page.wait_for_the_end()["steps"]
    assert steps == [0, 8, 16, 24]
    assert go_back(page, 18)["step"] == 16
    assert sum(f.images["x"].array.nbytes for f in page.lab._steps.frames.values()) <= 8 * 100 * 6


# Questions of the page


def test_the_value_of_a_pixel_is_the_true_one_of_all_pictures_of_that_shape():
    @live.lab(level=live.Slider(0.5, 0, 1))
    def shown(level):
        odd = np.array([[1.23456, np.nan, -7.0], [0.0, 1e-12, np.inf]])
        return live.Frame(images={"odd": odd, "twice": 2 * odd, "other": np.zeros((5, 5))})

    page = Page(shown)
    shown.set(level=0.1)
    expected = [(0, 0, "1.235", "2.469"), (0, 1, "nan", "nan"), (0, 2, "-7", "-14"), (1, 2, "inf", "inf")]
    for row, column, text, twice in expected:
        ask = {"kind": "pixel", "view": "v", "title": "odd", "row": row, "column": column}
        shown._receive(None, ask, [])
        answer = page.received[-1]
        assert answer["at"] == (row, column) and answer["values"] == {"odd": text, "twice": twice}
    for title, row in (("gone", 0), ("odd", 9)):
        shown._receive(None, {"kind": "pixel", "view": "v", "title": title, "row": row, "column": 0}, [])
        assert page.received[-1]["values"] == {}, "every question is answered, or the page never asks again"


# In the browser, where there are no threads


def test_without_threads_a_run_goes_on_between_the_messages(monkeypatch):
    """A thread that no browser can start; a loop that lets no newer value in, or forgets the run half done."""
    monkeypatch.setattr(_background, "IN_BROWSER", True)
    monkeypatch.setattr(threading, "Thread", None)
    count, computed = counting(last=40)
    page = Page(count)

    async def drag():
        page.tick(level=0.25)
        await asyncio.sleep(0.1)
        page.tick(level=0.75)
        while page.received[-1]["more"]:
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(drag(), 10))
    assert page.received[-1]["numbers"] == {"k": "39"} and page.received[-1]["values"] == {"level": 0.75}
    assert 5 < sum(level == 0.25 for level, _ in computed) < 40, "it goes on, and ends where newer values come"
    assert not _background._tasks


def test_in_the_browser_no_still_is_drawn(monkeypatch):
    """A cell that shows its lab fourteen times later than need be; an output that shows nothing without a kernel."""
    monkeypatch.setattr(_background, "IN_BROWSER", True)
    monkeypatch.setattr(live.Frame, "picture", None)
    bundle, _ = counting(last=1)[0]._repr_mimebundle_()
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/plain"}
