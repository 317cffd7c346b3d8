"""The short way of a lab: who is let in, who is not, and that its messages are those of the comm."""

import asyncio
import base64
import contextlib
import json
import socket
import struct
import subprocess
import sys
import time
import types

import numpy as np
import pytest
from tornado import httpclient, websocket

from deconvlab import _direct, live

ORIGIN = "http://localhost:8888"
VIEW = "v"


class Comm:
    """A lab whose comm is recorded, and which a page has greeted by it."""

    def __init__(self, origin=ORIGIN):
        @live.lab(level=live.Slider(0.5, 0, 1))
        def grey(level):
            if level == 1:
                raise ValueError("level: got 1, expected less")
            return live.Frame(images={"grey": np.full((4, 4), level)}, numbers={"level": level})

        self.lab, self.sent = grey, []
        grey.send = lambda content, buffers=None: self.sent.append(content)
        self.hello(origin)

    def hello(self, origin=ORIGIN, view=VIEW):
        self.lab._receive(None, {"kind": "hello", "view": view, "origin": origin}, [])

    @property
    def offer(self):
        """The newest offer of a short way, or None."""
        return next((content for content in reversed(self.sent) if content.get("kind") == "offer"), None)

    def pictures(self):
        return [content for content in self.sent if "images" in content]


@pytest.fixture
def comm():
    return Comm()


def talk(conversation, seconds=10):
    """Run a conversation of the page's."""
    return asyncio.run(asyncio.wait_for(conversation, seconds))


async def knock(port, origin=ORIGIN, host=None):
    """The status with which a request for a websocket is answered: 101 lets it in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"Host: {host or f'127.0.0.1:{port}'}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}"]
    lines += [f"Origin: {origin}"] if origin else []
    writer.write("\r\n".join(["GET / HTTP/1.1", *lines, "", ""]).encode())
    status = await reader.readline()
    writer.close()
    return int(status.split()[1])


@contextlib.asynccontextmanager
async def connected(port, origin=ORIGIN):
    """A socket that has said nothing yet."""
    request = httpclient.HTTPRequest(f"ws://127.0.0.1:{port}", headers={"Origin": origin})
    connection = await websocket.websocket_connect(request)
    yield connection
    connection.close()
    await asyncio.sleep(0.1)  # until the other side has hung up, too


@contextlib.asynccontextmanager
async def joined(offer, origin=ORIGIN):
    """A socket that is let in, its first message read."""
    async with connected(offer["port"], origin) as connection:
        await connection.write_message(offer["ticket"])
        connection.first = await heard(connection)
        yield connection


async def heard(connection):
    """The next message, its header and its buffers; None if the kernel has hung up."""
    data = await asyncio.wait_for(connection.read_message(), 5)
    if data is None:
        return None
    start = 4 + struct.unpack("<I", data[:4])[0]
    header, buffers = json.loads(data[4:start]), []
    for size in header.pop("sizes"):
        buffers.append(data[start : start + size])
        start += size
    assert start == len(data)
    return header, buffers


async def asked(offer, message):
    """The answer to the one message of a page."""
    async with joined(offer) as page:
        await page.write_message(message)
        return await heard(page)


def tick(seq, **values):
    return json.dumps({"kind": "tick", "view": VIEW, "seq": seq, "values": values})


# What it is for


def test_a_page_on_this_machine_is_answered_on_the_short_way_alone(comm):
    """Pictures that go both ways, and cost more than before; a picture that lacks what the comm had sent."""

    async def conversation():
        async with joined(comm.offer) as page:
            before = len(comm.sent)
            await page.write_message(tick(1, level=0.25))
            return page.first, await heard(page), comm.sent[before:]

    (first, start), (second, buffers), by_comm = talk(conversation())
    assert first["values"] == {"level": 0.5} and len(start) == 2, "the whole picture, whatever the comm had"
    assert second["seq"] == 1 and second["numbers"] == {"level": "0.25"} and by_comm == []
    assert set(buffers[0]) == {64} and len(buffers[0]) == 16
    assert comm.lab.values == {"level": 0.25}


def test_an_unchanged_picture_is_not_sent_again(comm):
    """Deltas that forget what this way has had."""
    content, buffers = talk(asked(comm.offer, tick(1, level=0.5)))
    assert content["images"][0]["same"] and buffers == []


def test_a_view_without_a_socket_sees_what_the_other_moves(comm):
    """A second browser on another machine whose picture stands still, or has holes."""
    comm.hello(origin=None, view="far")
    before = len(comm.sent)
    talk(asked(comm.offer, tick(1, level=0.25)))
    whole, moved = comm.pictures()[-2:]
    assert len(comm.sent) == before + 2
    assert not whole["images"][0]["same"] and moved["numbers"] == {"level": "0.25"}


def test_after_the_socket_is_closed_the_comm_goes_on(comm):
    """A lab that keeps talking to a socket that is gone, or throws."""

    async def conversation():
        async with joined(comm.offer):
            pass
        await asyncio.sleep(0.2)

    talk(conversation())
    comm.lab.set(level=0.75)
    assert comm.sent[-1]["numbers"] == {"level": "0.75"}, "whoever listens there"
    comm.hello(origin=None)
    comm.lab._receive(None, json.loads(tick(7, level=0.25)), [])
    assert comm.sent[-1]["seq"] == 7 and comm.sent[-1]["numbers"] == {"level": "0.25"}
    assert comm.sent[-2]["images"][0]["same"] is False


def test_an_error_takes_the_short_way_too(comm):
    """A request that is answered where the page no longer listens: its sliders stop for ever."""
    content, _ = talk(asked(comm.offer, tick(1, level=1)))
    assert content == {"view": VIEW, "seq": 1, "error": "level: got 1, expected less"}


def test_better_pictures_come_in_order_and_stop_for_a_newer_value():
    """Threads that overtake each other: a refined picture of the last value over the first of the new one."""
    comm = Comm()

    @live.lab(level=live.Slider(0.5, 0, 1))
    def slow(level):
        for k in range(60):
            time.sleep(0.005)
            yield live.Frame(images={"grey": np.full((64, 64), level)}, numbers={"level": level, "k": k})

    comm.lab = slow
    slow.send = lambda content, buffers=None: comm.sent.append(content)
    comm.hello()

    async def conversation():
        seen = []
        async with joined(comm.offer) as page:
            for seq in range(1, 8):
                await page.write_message(tick(seq, level=seq / 10))
                await asyncio.sleep(0.02 * seq)
                await page.write_message(json.dumps({"kind": "seen"}))
            while not seen or seen[-1].get("more") is not False or seen[-1]["seq"] != 7:
                seen.append((await heard(page))[0])
                await page.write_message(json.dumps({"kind": "seen"}))
        return seen

    seen = talk(conversation(), 20)
    order = [(content["seq"], int(content["numbers"]["k"])) for content in seen]
    assert order == sorted(order) and order[-1] == (7, 59) and {seq for seq, _ in order} == set(range(1, 8))


# Who is not let in


def test_it_listens_on_the_loopback_address_only(comm):
    """A socket that the whole network may knock at."""
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; tells the address that would be used
        addresses.add(probe.getsockname()[0])
    code = (
        "import sys; from deconvlab import _direct; print(_direct.server().port); sys.stdout.flush(); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as kernel:
        port = int(kernel.stdout.readline())
        socket.create_connection(("127.0.0.1", port), 2).close()
        for address in [*addresses, "127.0.0.2"]:
            with pytest.raises(OSError):
                socket.create_connection((address, port), 2).close()
        kernel.stdin.close()


@pytest.mark.parametrize(
    "origin, host",
    [
        ("http://localhost:9999", None),  # another page on this machine
        ("http://evil.example", None),
        ("http://localhost:8888.evil.example", None),
        ("null", None),
        (None, None),  # a program that is no page
        (ORIGIN, "evil.example"),  # a name that its owner lets point to 127.0.0.1
        (ORIGIN, "localhost:1"),
    ],
)
def test_another_page_is_refused(comm, origin, host):
    """Another web page, open in the same browser, that reads the learner's pictures."""
    assert talk(knock(comm.offer["port"])) == 101
    assert talk(knock(comm.offer["port"], origin, host)) == 403


@pytest.mark.parametrize("wrong", ["", "0" * 32, "ü", "x" * 5000, '{"kind": "tick"}', b"bytes"])
def test_nothing_is_answered_without_the_ticket(comm, wrong):
    """Another user of this machine, who finds the port and knows the origin."""

    async def conversation():
        async with connected(comm.offer["port"]) as connection:
            await connection.write_message(wrong, binary=isinstance(wrong, bytes))
            return await heard(connection)

    assert talk(conversation()) is None


def test_a_ticket_is_good_once(comm):
    """A ticket that was read somewhere and is used again."""

    async def conversation():
        async with joined(comm.offer):
            comm.hello(view="w")  # or no page would be expected at all
            async with connected(comm.offer["port"]) as connection:
                await connection.write_message(comm.sent[1]["ticket"])
                return await heard(connection)

    assert comm.sent[1]["kind"] == "offer" and talk(conversation()) is None


def test_a_ticket_does_not_keep(comm, monkeypatch):
    """A ticket found an hour later."""
    offer = comm.offer
    monkeypatch.setattr(_direct, "time", types.SimpleNamespace(monotonic=lambda: time.monotonic() + 10.1))
    assert talk(knock(offer["port"])) == 403
    assert _direct.server().admit(offer["ticket"], ORIGIN) is None


def test_a_ticket_is_good_on_its_own_page_only(comm):
    """A page that shows a ticket of another page, while both are expected."""
    other = Comm("http://127.0.0.1:9999")

    async def conversation():
        async with connected(comm.offer["port"], "http://127.0.0.1:9999") as connection:
            await connection.write_message(comm.offer["ticket"])
            return await heard(connection)

    assert other.offer and talk(conversation()) is None


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps({"kind": "tick", "view": "another", "seq": 1, "values": {"level": 0.25}}),
        json.dumps({"kind": "save", "view": VIEW}),
        json.dumps({"kind": "piece", "view": VIEW, "control": "x", "id": "1", "start": 0}),
        json.dumps({"kind": "hello", "view": VIEW, "origin": ORIGIN}),
        json.dumps({"kind": "tick", "view": VIEW, "seq": 1, "values": {}, "more": "x" * 2**16}),
    ],
)
def test_what_has_no_business_there_ends_it(comm, message):
    """A view that moves another lab; a message without bound; a file that goes round the checks of its pieces."""

    async def conversation():
        async with joined(comm.offer) as page:
            before = len(comm.sent)
            await page.write_message(message)
            return await heard(page), comm.sent[before:]

    assert talk(conversation()) == (None, []) and comm.lab.values == {"level": 0.5}


def test_who_says_nothing_is_sent_away(comm, monkeypatch):
    """Connections that are opened and kept until the kernel has no more files."""
    monkeypatch.setattr(_direct, "LIFE", 0.3)
    comm.hello()

    async def conversation():
        async with connected(comm.offer["port"]) as connection:
            return await heard(connection)

    assert talk(conversation()) is None


@pytest.mark.parametrize("origin", [None, ""])
def test_a_page_elsewhere_is_offered_nothing(origin):
    """A port opened on a hub, where no page could reach it."""
    assert Comm(origin).offer is None


def test_one_setting_turns_it_off(monkeypatch):
    """A hub whose users share a machine and want no port at all."""
    monkeypatch.setenv("DECONVLAB_DIRECT", "0")
    assert Comm().offer is None


def test_without_tornado_the_comm_goes_on(monkeypatch):
    """Python in a browser, which has none."""
    monkeypatch.setitem(sys.modules, "deconvlab._direct", None)
    monkeypatch.delattr("deconvlab._direct")
    comm = Comm()
    assert comm.offer is None and comm.pictures()


def test_tickets_differ_and_are_long(comm):
    """A ticket that can be guessed."""
    for _ in range(20):
        comm.hello()
    tickets = {content["ticket"] for content in comm.sent if content.get("kind") == "offer"}
    assert len(tickets) == 21 and all(len(bytes.fromhex(ticket)) == 16 for ticket in tickets)


def test_nothing_is_logged(comm, capfd, caplog):
    """A ticket, or who was sent away with it, in a log that others read."""
    with caplog.at_level(0):

        async def conversation():
            async with joined(comm.offer):
                pass
            await knock(comm.offer["port"], "http://evil.example")

        talk(conversation())
    said = caplog.text + "".join(capfd.readouterr())
    assert comm.offer["ticket"] not in said and str(comm.offer["port"]) not in said


def test_nothing_of_it_is_saved(comm):
    """A ticket or a port in the state of a widget, or in an output, which a notebook keeps."""
    saved = repr(comm.lab.get_state()) + repr(comm.lab._repr_mimebundle_())
    assert comm.offer["ticket"] not in saved and str(comm.offer["port"]) not in saved
    assert set(comm.offer) == {"kind", "view", "port", "ticket"}  # none of them part of an address
