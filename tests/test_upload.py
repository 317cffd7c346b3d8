"""A file, a region and a long work without a browser: what the kernel takes, keeps, tells and stops.

Each test says which bug it would catch. The page's own half is tested in test_upload_browser.py.
"""

import asyncio
import base64
import gc
import io
import json
import threading
import time
import tracemalloc

import ipywidgets
import numpy as np
import pytest
from PIL import Image

import deconvlab as dl
from deconvlab import _background, _fullsize, _upload, live
from deconvlab.live import Box, Choice, Frame, Region, Slider, Upload

START = np.full((6, 8), 0.5)
RUN = b"a run of bytes that nothing else has: 8f3c1d77"


def read(data):
    """A level of grey from a file of our own, or a reason why not."""
    if not data.startswith(b"level "):
        raise ValueError(f"source: got {len(data)} bytes, expected a level\nand more lines")
    return np.full((4, 4), float(data.split()[1]))


def file(level, size=0):
    return b"level %.3f " % level + RUN + b" " * size


def clinic():
    @live.lab(photo=Upload(START, read), part=Region(of="photo"), gain=Slider(1, 0, 1))
    def clinic(photo, part, gain):
        cut = part.cut(photo)
        return Frame(images={"photo": gain * photo}, numbers={"mean": gain * cut.mean(), "size": cut.size})

    return clinic


class Page:
    """The page's half: it sends pieces, ticks and presses, by the rules of live.js, and keeps all that comes back."""

    def __init__(self, lab, view="v", answers=True):
        self.lab, self.view, self.answers = lab, view, answers
        self.received, self.files, self.arrived = [], [], threading.Condition()
        self.values = lab._told(lab.values)
        lab.send = self.take

    def take(self, content, buffers=None):
        json.dumps(content, allow_nan=False)  # what the wire can carry
        with self.arrived:
            self.received.append(content)
            if content.get("kind") == "file":
                self.files.append((content["name"], bytes(buffers[0])))
            self.arrived.notify_all()
        if content.get("kind") == "share" and not content.get("ended") and self.answers:
            self.say(kind="seen")

    def say(self, *buffers, **content):
        """Send a message, and what has been answered at once."""
        before = len(self.received)
        self.lab._handle_custom_msg(content, [memoryview(buffer) for buffer in buffers])
        return self.received[before:]

    def tick(self, **values):
        self.values |= values
        (answer,) = self.say(kind="tick", view=self.view, seq=1, values=self.values)
        return answer

    def piece(self, data, start, transfer="t", name="level.txt", size=None, step=20):
        about = {"control": "photo", "id": transfer, "name": name, "start": start}
        size = len(data) if size is None else size
        return self.say(data[start : start + step], kind="piece", view=self.view, size=size, **about)

    def upload(self, data, **about):
        for start in range(0, max(len(data), 1), 20):
            (answer,) = self.piece(data, start, **about)
        return answer

    def press(self):
        return self.say(kind="full", view=self.view, values=self.values)

    def wait(self, condition, seconds=10):
        with self.arrived:
            assert self.arrived.wait_for(lambda: any(map(condition, self.received)), seconds), self.received[-3:]

    def wait_for_the_end(self):
        self.wait(lambda c: c.get("kind") == "share" and c.get("ended"))
        return next(c for c in self.received if c.get("ended"))


@pytest.fixture
def page():
    return Page(clinic())


@pytest.fixture(autouse=True)
def no_thread_is_left():
    yield
    deadline = time.monotonic() + 5
    while any(t.name.endswith(" at full size") for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(t.name.endswith(" at full size") for t in threading.enumerate())


# A file in Python


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "bytearray", "read already", "File"])
def test_a_call_takes_a_file_in_any_form(kind, tmp_path):
    """A path that is taken for the thing itself, or an array that is read as bytes."""
    path = tmp_path / "level.txt"
    path.write_bytes(file(0.25))
    forms = {"path": path, "text": str(path), "bytes": file(0.25), "bytearray": bytearray(file(0.25))}
    forms |= {"read already": np.full((4, 4), 0.25), "File": _upload.File("a", np.full((4, 4), 0.25))}
    lab = clinic()
    assert lab(photo=forms[kind]).numbers == {"mean": 0.25, "size": 16}
    assert lab().numbers == {"mean": 0.5, "size": 48} and lab.values["photo"].name is None
    lab.set(photo=forms[kind], gain=0.5)
    names = {"path": "level.txt", "text": "level.txt", "read already": "from Python", "File": "a"}
    assert lab.values["photo"].name == names.get(kind, f"{len(file(0.25))} bytes")
    assert lab.set(gain=1).numbers["mean"] == 0.25  # it stays
    assert lab(**lab.values).numbers["mean"] == 0.25
    assert lab.set(photo=START).numbers["mean"] == 0.5 and lab.values["photo"].name is None


def test_the_start_of_an_upload_is_never_read():
    """A start that is a text, taken for the path of a file."""
    lab = live.lab(photo=Upload("nothing yet", read))(lambda photo: Frame(images={"a": START}, alt=photo))
    assert lab().alt == "nothing yet" and json.loads(json.dumps(lab.spec))[0]["value"] is None


def test_values_with_arrays_can_be_observed_set_and_linked(page):
    """ "The truth value of an array is ambiguous", as soon as somebody compares two settings."""
    seen = []
    page.lab.observe(lambda change: seen.append(change["new"]["photo"].name), "values")
    page.lab._repr_mimebundle_()
    page.lab.values = {"photo": file(0.25)}
    page.lab.values = {"photo": file(0.125)}
    assert len(seen) == 2 and page.lab._frame.numbers["mean"] == 0.125


# A file from a page


def test_a_file_arrives_in_pieces_each_acknowledged(page):
    """A file that is read before its end, with a piece missing, or shown before the page says so."""
    data = file(0.25, 100)
    bytes_so_far = [page.piece(data, start)[0]["bytes"] for start in range(0, len(data), 20)]
    assert bytes_so_far == [*range(20, len(data), 20), len(data)]
    assert page.received[-1] == {
        "kind": "arrived", "view": "v", "control": "photo", "id": "t", "bytes": len(data), "done": True
    }  # fmt: skip
    assert page.lab.values["photo"].name is None
    answer = page.tick(photo="level.txt")
    assert answer["numbers"] == {"mean": "0.25", "size": "16"} and answer["values"]["photo"] == "level.txt"
    assert page.tick(gain=0.5)["numbers"]["mean"] == "0.125"


def test_stray_pieces_are_ignored(page):
    """A piece twice, one from the middle, one too many or too long: a file with other bytes than the learner's."""
    data = file(0.25, 40)
    assert page.piece(data, 20) == []  # before the first
    page.piece(data, 0)
    assert page.piece(data, 0) == page.piece(data, 40) == []  # doubled, out of order
    assert page.piece(data, 20, transfer="other") == [] and page.piece(data + b"!", 20, size=len(data), step=999) == []
    (answer,) = page.piece(data, 20)
    assert answer["bytes"] == 40
    for start in range(40, len(data), 20):
        (answer,) = page.piece(data, start)
    assert answer["done"]
    assert page.piece(data, 0) == page.piece(data, start) == page.piece(data, len(data), size=10**6) == []
    assert page.tick(photo="level.txt")["numbers"]["mean"] == "0.25"


def test_a_newer_file_replaces_one_on_its_way(page):
    """Pieces of two photographs in one."""
    old, new = file(0.25, 60), file(0.75, 60)
    page.piece(old, 0)
    page.piece(old, 20)
    page.piece(new, 0, transfer="new", name="new.txt")
    assert page.piece(old, 40) == page.piece(old, 20) == []
    for start in range(20, len(new), 20):
        page.piece(new, start, transfer="new", name="new.txt")
    assert page.tick(photo="new.txt")["numbers"]["mean"] == "0.75"


@pytest.mark.parametrize("size", [10**8 + 1, -1, "many", None, float("nan")])
def test_the_kernel_takes_no_more_than_the_page_may_send(page, size):
    """A page that fills the kernel's memory, whatever the page's own half says."""
    (answer,) = page.piece(file(0.25), 0, size="x" if size is None else size)
    assert answer["error"] and answer["done"] and page.lab._arrivals.files == {}
    too_long = bytes(10**6 + 1)
    assert page.piece(too_long, 0, transfer="u", size=10**7, step=10**7) == []
    (answer,) = page.say(b"", kind="piece", view="v", control="gone", id="t", name="a", size=0, start=0)
    assert "gone" in answer["error"]


def test_a_file_that_cannot_be_read_is_one_line_and_the_last_stays(page):
    """An exception in the kernel's log alone, or a photograph lost to a text that was called one."""
    page.upload(file(0.25), transfer="good")
    page.tick(photo="level.txt")
    shown = len(page.received)
    answer = page.upload(b"no level", transfer="bad", name="bad.txt")
    assert answer["error"] == "source: got 8 bytes, expected a level" and answer["done"]
    assert len(page.received) == shown + 1
    assert page.tick(gain=0.5)["numbers"]["mean"] == "0.125"
    assert page.upload(b"", transfer="empty")["error"] == "source: got 0 bytes, expected a level"


def test_a_tick_between_the_last_piece_and_its_news_loses_nothing(page):
    """A slider that moves while the file arrives: its tick names no file, and the file is gone."""
    page.upload(file(0.25))
    assert page.tick(gain=0.5)["numbers"]["mean"] == "0.25"  # of the start
    assert page.tick(photo="level.txt")["numbers"]["mean"] == "0.125"


def test_reset_goes_back_to_the_start_and_forgets(page):
    """A photograph that stays in the kernel after Reset, or comes back with the next tick."""
    page.upload(file(0.25))
    page.tick(photo="level.txt")
    page.piece(file(0.75), 0, transfer="half")
    assert page.say(kind="forget") == []
    answer = page.tick(photo=None)
    assert answer["numbers"]["mean"] == "0.5" and answer["values"]["photo"] is None
    assert page.lab.values["photo"].value is START and page.lab._arrivals.files == {}
    assert page.piece(file(0.75), 20, transfer="half") == []
    assert page.tick(photo="level.txt")["values"]["photo"] is None  # of another view, which has not heard of it


def test_a_name_of_a_page_is_never_a_path(page, tmp_path):
    """A page, or a saved one, that reads any file of the computer."""
    path = tmp_path / "secret.txt"
    path.write_bytes(file(0.25))
    assert page.tick(photo=str(path))["numbers"]["mean"] == "0.5"


def test_set_from_python_has_the_last_word(page):
    """A file that a cell has set, and an older upload that the page's next tick brings back."""
    page.upload(file(0.25))
    page.tick(photo="level.txt")
    page.lab.set(photo=np.full((4, 4), 0.75))
    assert page.received[-1]["values"]["photo"] == "from Python" and page.lab._arrivals.files == {}
    assert page.tick(photo="from Python", gain=0.5)["numbers"]["mean"] == "0.375"


def test_no_bytes_of_a_file_stay_or_leave(page):
    """A photograph in the saved notebook, in a widget's state, in a message, or twice in the kernel's memory."""
    lab = page.lab
    data = file(0.875, 100)
    page.upload(data)
    page.tick(photo="level.txt")
    (saved,) = page.say(kind="save", view="v")
    picture = base64.b64encode(page.files[0][1])
    assert json.loads(Image.open(io.BytesIO(page.files[0][1])).text["Settings"])["photo"] == "level.txt"
    bundle, _ = lab._repr_mimebundle_()
    still = clinic()._repr_mimebundle_()[0]
    assert bundle["image/png"] == still["image/png"] and bundle["text/html"] == still["text/html"]
    texts = [str(page.received), str(lab.get_state()), str(bundle), str(ipywidgets.Widget.get_manager_state())]
    texts += [repr(lab.values), repr(lab._arrivals.files)]
    traces = [base64.b64encode(RUN[k:])[:40].decode() for k in range(3)] + [RUN.decode(), RUN.hex()]
    assert any(trace in base64.b64encode(data).decode() for trace in traces)  # the search can find something
    assert not [trace for trace in traces for text in texts if trace in text]
    assert not [text for text in texts if "0.875" in text.replace("'mean': '0.875'", "").replace("mean: 0.875", "")]
    assert picture.decode() not in str(bundle)


def test_the_kernel_keeps_what_was_read_and_not_the_file():
    """A hundred megabytes of a file that nobody needs any more."""
    lab = live.lab(photo=Upload(None, len))(lambda photo: Frame(images={"a": START}, numbers={"bytes": photo or 0}))
    page = Page(lab)
    piece, count = bytes(10**6), 20
    tracemalloc.start()
    for k in range(count):
        about = {"control": "photo", "id": "t", "name": "a", "size": count * 10**6, "start": k * 10**6}
        (answer,) = page.say(piece, kind="piece", view="v", **about)
    assert answer["done"] and page.tick(photo="a")["numbers"] == {"bytes": "2e+07"}
    gc.collect()
    assert tracemalloc.get_traced_memory()[0] < 10**6
    tracemalloc.stop()


def test_where_the_start_cannot_be_shown_a_sentence_stands_in_its_place():
    """A still picture of the learner's photograph, because there is nothing to show without one."""
    lab = live.lab(photo=Upload(None, read))(lambda photo: Frame(images={"photo": photo}))
    lab.set(photo=file(0.25))
    bundle, _ = lab._repr_mimebundle_()
    assert "image/png" not in bundle and "<img" not in bundle["text/html"]
    assert "To move its sliders, open this lesson" in bundle["text/html"]
    with pytest.raises(TypeError, match="photo"):
        live.lab(photo=Upload(None, read))(lambda photo: Frame(images={"photo": photo}))._repr_mimebundle_()


def test_an_upload_reads_photographs():
    """The reader of the package, which the lesson uses."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), 255, np.uint8)).save(buffer, "jpeg")
    lab = live.lab(photo=Upload(START, lambda data: dl.read_photo(data).image))(
        lambda photo: Frame(images={"photo": photo})
    )
    assert lab(photo=buffer.getvalue()).images["photo"].array.shape == (20, 30, 3)


# A region


@pytest.mark.parametrize(
    ("box", "shape", "pixels"),
    [
        (Box(), (10, 20), (0, 10, 0, 20)),
        (Box(0.25, 0.75, 0, 0.5), (100, 200, 3), (25, 75, 0, 100)),
        (Box(0.999, 1, 0, 1e-9), (10, 20), (9, 10, 0, 1)),  # never empty
        (Box(0.5, 0.5001, 0.34, 0.36), (1, 1), (0, 1, 0, 1)),
        (Box(0, 0.4999, 0.5, 1), (3, 3), (0, 1, 2, 3)),
    ],
)
def test_a_box_is_the_same_part_of_every_size(box, shape, pixels):
    """A box off by a pixel, empty, beyond the rim, or of NumPy's integers."""
    assert box.pixels(shape) == pixels and all(type(end) is int for end in box.pixels(shape))
    row0, row1, column0, column1 = pixels
    assert box.cut(np.zeros(shape)).shape == (row1 - row0, column1 - column0, *shape[2:])


def test_boxes_of_random_shares_lie_inside_and_halves_meet():
    rng = np.random.default_rng(0)
    for _ in range(1000):
        shape = tuple(rng.integers(1, 40, 2).tolist())
        (top, bottom), (left, right) = np.sort(rng.random((2, 2))).tolist()
        row0, row1, column0, column1 = Box(top, bottom, left, right).pixels(shape)
        assert 0 <= row0 < row1 <= shape[0] and 0 <= column0 < column1 <= shape[1]
        if shape[0] * min(top, 1 - top) > 1:
            assert Box(0, top).pixels(shape)[1] == Box(top, 1).pixels(shape)[0]


@pytest.mark.parametrize("value", [(0.1, 0.5, 0, 1), [0.1, 0.5, 0, 1], np.array([0.1, 0.5, 0, 1]), Box(0.1, 0.5)])
def test_a_region_takes_four_shares(value):
    lab = clinic()
    assert lab(part=value).numbers["size"] == 8 * 2
    lab.set(part=value)
    assert lab.values["part"] == Box(0.1, 0.5, 0, 1) and type(lab.values["part"].right) is float


def test_a_region_follows_the_page_and_another_shape(page):
    """A box in pixels of the last picture."""
    answer = page.tick(part=[0.5, 1, 0, 0.5])
    assert answer["numbers"]["size"] == "12" and answer["values"]["part"] == [0.5, 1, 0, 0.5]
    page.upload(file(0.25))
    assert page.tick(photo="level.txt")["numbers"]["size"] == "4"
    answer = page.tick(part=[None, 1, 0, 1])
    assert answer["error"].startswith("part: got [None, 1, 0, 1], expected shares (top, bottom, left, right)")
    assert page.lab.values["part"] == Box(0.5, 1, 0, 0.5)
    assert page.tick(part=[0, 1.0000001, -1e-9, 1])["values"]["part"] == [0, 1, 0, 1]  # what rounding leaves


def test_a_condition_names_a_control_that_the_page_can_compare():
    """A control that never shows, because a box equals nothing in the page."""
    controls = {"part": Region(of="a"), "way": Choice("x", "xy"), "photo": Upload(None, read)}
    for other in ("part", "photo"):
        with pytest.raises(ValueError, match=r"gain: got when=.*, expected the name of another control: 'way'"):
            live.lab(**controls, gain=Slider(1, 0, 1, when={other: Box()}))(lambda part, way, photo, gain: None)


# The long work


def working(work, pause=0.005, steps=400, answers=True, photo=None):
    """A lab with a long work, its page, and a list of the steps that were made."""
    lab, made = clinic(), []

    @lab.at_full_size
    def long(photo, part, gain):
        for k in range(steps):
            made.append(k)
            time.sleep(pause)
            yield k / steps
        yield from work(gain * photo)

    return lab, Page(lab, answers=answers), made


def once(picture):
    yield picture


def test_the_full_size_without_a_browser():
    lab, page, made = working(once, pause=0, steps=7)
    np.testing.assert_array_equal(lab.full_size(gain=0.5), START / 2)
    np.testing.assert_array_equal(lab.full_size(photo=file(0.25)), np.full((4, 4), 0.25))
    assert len(made) == 14 and page.received == [] and lab.full
    with pytest.raises(TypeError, match=r"clinic: got no function for the full size, .*@clinic.at_full_size"):
        clinic().full_size()
    assert not clinic().full


@pytest.mark.parametrize("colour", [False, True])
def test_the_file_holds_the_picture_and_its_settings(colour):
    """Levels cut off in place of rounded, values that wrap around, another setting than that of the press."""

    def picture(x):
        x = x + np.linspace(-0.7, 0.7, 8)
        yield np.dstack([x, x / 2, 1 - x]) if colour else x

    lab, page, _ = working(picture, pause=0.001, steps=300)
    page.upload(file(0.25))
    page.tick(gain=0.75)
    page.press()
    page.wait(lambda c: c.get("share", 0) > 0)
    page.tick(gain=0.25)  # meanwhile
    assert "error" not in page.wait_for_the_end()
    ((name, data),) = page.files
    saved = Image.open(io.BytesIO(data))
    assert name == "clinic-full-size.png" and saved.text["Title"] == "clinic"
    assert json.loads(saved.text["Settings"]) == {"photo": None, "part": [0, 1, 0, 1], "gain": 0.75}
    (expected,) = picture(0.75 * START)
    expected = np.rint(expected.clip(0, 1) * (255 if colour else 65535))
    np.testing.assert_array_equal(np.asarray(saved), expected)
    shares = [c["share"] for c in page.received if "share" in c]
    assert shares == sorted(shares) and shares[0] == 0 and len(shares) < 15 and page.lab._work.view is None


def test_a_second_press_is_none_and_one_of_another_view_is_told():
    lab, page, made = working(once)
    page.press()
    page.press()
    (answer,) = lab._work and Page.say(page, kind="full", view="w", values=page.values)
    assert answer == {
        "view": "w",
        "error": "Full size: at work for another view of this lab. Try again when it has ended.",
    }
    page.say(kind="halt")
    page.wait_for_the_end()
    assert sorted(made) == made and len(set(made)) == len(made)  # one run
    page.received.clear()
    page.press()  # and now again
    page.wait(lambda c: c.get("share", 0) > 0)
    page.say(kind="halt")
    page.wait_for_the_end()


def test_stop_ends_the_work_within_one_step():
    lab, page, made = working(once, pause=0.05, steps=40)
    page.press()
    page.wait(lambda c: c.get("share", 0) > 0)
    page.say(kind="halt")
    steps = len(made)
    page.wait_for_the_end()
    assert len(made) <= steps + 1 and page.files == []
    assert lab.full_size().shape == START.shape  # what was stopped there is not stopped here


def test_without_threads_the_page_can_stop_the_work(monkeypatch):
    """A browser that hears Stop when the work is done."""
    monkeypatch.setattr(_background, "IN_BROWSER", True)
    lab, page, made = working(once)

    async def press():
        page.press()
        await asyncio.sleep(0.2)
        page.say(kind="halt")
        while not page.received[-1].get("ended"):
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(press(), 10))
    assert len(made) < 300 and page.files == []


def test_a_closed_page_stops_the_work(monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0.3)
    _, page, made = working(once, answers=False)
    page.press()
    page.wait_for_the_end()
    assert len(made) < 300 and page.files == []


def test_a_page_that_waits_for_a_slow_preview_has_not_gone(monkeypatch):
    """A work that is taken for forgotten, because the kernel was busy with the page's own tick."""
    monkeypatch.setattr(live, "PATIENCE", 0.3)
    release = threading.Event()

    @live.lab(gain=Slider(1, 0, 1))
    def slow(gain):
        if gain < 1:
            release.wait(5)
        return Frame(images={"photo": gain * START})

    @slow.at_full_size
    def long(gain):
        for k in range(200):
            time.sleep(0.005)
            yield k / 200
        yield gain * START

    page = Page(slow, answers=False)
    page.press()
    threading.Timer(0.8, release.set).start()
    page.say(kind="tick", view="v", seq=1, values={"gain": 0.5})
    page.answers = True
    assert "error" not in page.wait_for_the_end() and len(page.files) == 1


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda x: iter([2.0]), "long: yielded 2, expected the share done, from 0 to 1"),
        (lambda x: iter([np.nan]), "long: yielded nan, expected the share done"),
        (lambda x: iter(["half"]), "long: got 'half', expected a number"),
        (lambda x: iter([]), "long: yielded no picture, expected one at last: an array of floats"),
        (lambda x: iter([x[0]]), "long: got shape (8,), expected (rows, columns) or (rows, columns, 3)"),
        (lambda x: iter([(255 * x).astype(int)]), "long: got dtype int64"),
        (lambda x: iter([x * np.nan]), "long: got 48 values that are NaN or infinite"),
        (lambda x: iter([255 * x]), "long: got values about 128, expected the range 0 to 1"),
        (lambda x: iter([1 // 0]), "ZeroDivisionError"),
    ],
)
def test_a_work_that_fails_says_so_in_one_line(work, words):
    """An exception in a thread, of which the page hears nothing, and a bar that stands for ever."""
    lab, page, _ = working(work, pause=0, steps=3)
    page.press()
    assert page.wait_for_the_end()["error"].startswith(words) and page.files == []
    with pytest.raises((ValueError, TypeError, ZeroDivisionError)):
        lab.full_size()
    page.tick(gain=0.5)
    assert page.received[-1]["numbers"]["mean"] == "0.25"


def test_a_work_is_closed_when_it_is_stopped(monkeypatch):
    """A file left open by a generator that waits for its next step."""
    monkeypatch.setattr(_fullsize, "PERIOD", 0)
    lab, closed = clinic(), threading.Event()

    @lab.at_full_size
    def long(photo, part, gain):
        try:
            while True:
                yield 0.5
        finally:
            closed.set()

    page = Page(lab)
    page.press()
    page.wait(lambda c: c.get("share"))
    page.say(kind="halt")
    page.wait_for_the_end()
    assert closed.wait(2)
