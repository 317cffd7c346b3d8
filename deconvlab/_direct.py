"""A websocket of the kernel's own, for pages on the same machine: a shorter way than the comm.

Who may talk to it: a page that has been given a ticket over its comm, within ten seconds, once, from its own origin.
"""

import asyncio
import functools
import json
import secrets
import struct
import threading
import time

from tornado import httpserver, netutil, web, websocket

LIFE = 10.0  # seconds that a ticket holds
MOST = 2**16  # bytes of a page's message: ticks are short, files take the comm
KINDS = {"tick", "step", "seen", "stop"}


@functools.cache
def server():
    """The one of this kernel, opened when the first page may use it."""
    return Server()


class Server:
    """Sockets on the loopback address, at a free port, in a thread of their own."""

    def __init__(self):
        self._tickets = {}  # ticket: until when it holds, the origin of its page, the view and its lab's ways
        opened = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(opened)), name="sockets of labs", daemon=True).start()
        opened.wait()

    async def _serve(self, opened):
        self.loop = asyncio.get_running_loop()
        [listener] = netutil.bind_sockets(0, "127.0.0.1")
        self.port = listener.getsockname()[1]
        routes = [("/", Socket, {"server": self})]
        application = web.Application(routes, websocket_max_message_size=MOST, log_function=lambda handler: None)
        httpserver.HTTPServer(application).add_socket(listener)
        opened.set()
        await asyncio.Event().wait()

    def ticket(self, ways, view, origin):
        """What lets one view in: the port, and 128 random bits."""
        ticket = secrets.token_hex(16)
        self._tickets = {**self._valid(), ticket: (time.monotonic() + LIFE, origin, view, ways)}
        return {"port": self.port, "ticket": ticket}

    def _valid(self):
        return {ticket: rest for ticket, rest in self._tickets.items() if time.monotonic() < rest[0]}

    def expects(self, origin):
        """Whether a page of this origin holds a ticket."""
        return any(origin == expected for _, expected, *_ in self._valid().values())

    def admit(self, ticket, origin):
        """The view and the ways that a ticket stands for, which is used up; None if it stands for nothing."""
        for known, (_, expected, view, ways) in self._valid().items():
            if secrets.compare_digest(known.encode(), ticket.encode()) and origin == expected:
                del self._tickets[known]
                return view, ways


class Socket(websocket.WebSocketHandler):
    """One view's. Its first message is its ticket; nothing before is answered."""

    def initialize(self, server):
        self._server, self._admitted = server, None
        self._origin = self.request.headers.get("Origin")

    def prepare(self):
        """Refuse another name for this address (which a foreign page may have got it by), and who is no page at all."""
        if self.request.host != f"127.0.0.1:{self._server.port}" or not self._origin:
            raise web.HTTPError(403)

    def check_origin(self, origin):
        return self._server.expects(origin)

    def open(self):
        self.set_nodelay(True)
        self._late = self._server.loop.call_later(LIFE, self.close)

    def on_message(self, message):
        if not isinstance(message, str):
            return self.close()
        if not self._admitted:
            self._admitted = self._server.admit(message, self._origin)
            if not self._admitted:
                return self.close()
            self._late.cancel()
            view, ways = self._admitted
            return ways.join(view, self)
        view, ways = self._admitted
        try:
            content = json.loads(message)
            allowed = content["kind"] in KINDS and content.get("view", view) == view
        except (ValueError, TypeError, KeyError):
            allowed = False
        if not allowed:
            return self.close()
        ways.hear(content)

    def on_close(self):
        self._late.cancel()
        if self._admitted:
            view, ways = self._admitted
            ways.leave(view, self)

    def send(self, content, buffers):
        """Send a message from whatever thread, after those that were sent before."""
        header = json.dumps({**content, "sizes": [memoryview(b).nbytes for b in buffers]}, default=float).encode()
        message = b"".join([struct.pack("<I", len(header)), header, *buffers])
        self._server.loop.call_soon_threadsafe(self._write, message)

    def _write(self, message):
        try:
            written = self.write_message(message, binary=True)
        except websocket.WebSocketClosedError:
            return
        written.add_done_callback(lambda task: task.cancelled() or task.exception())  # closed meanwhile: nothing to do
