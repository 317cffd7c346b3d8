"""How the views of a lab are reached: by the comm all at once, or each by a socket of its own."""

import os


class Ways:
    """The views of one lab that have a socket, and those that have none.

    Parameters
    ----------
    comm : function of a message and its buffers
        The long way, to every view.
    join, hear : functions of a view and its socket, and of a view's message
        What the lab does when a view has got a socket, and when it says something there.
    """

    def __init__(self, comm, join, hear):
        self._comm, self.join, self.hear = comm, join, hear
        self._sockets, self._others = {}, set()

    def send(self, content, buffers=()):
        """Send to every view, each by its shortest way."""
        for socket in list(self._sockets.values()):
            socket.send(content, buffers)
        if self._others or not self._sockets:
            self._comm(content, buffers)

    def put(self, view, socket=None):
        """Reach a view by this socket, or by the comm."""
        if socket:
            self._sockets[view] = socket
            self._others.discard(view)
        else:
            self._others.add(view)

    def leave(self, view, socket):
        """A socket is closed. If its page is still there, it says hello by the comm."""
        if self._sockets.get(view) is socket:
            del self._sockets[view]

    def offer(self, view, origin):
        """Where a view on a page of this origin may open a socket, and its ticket; None if it may not."""
        if not origin or os.environ.get("DECONVLAB_DIRECT") == "0":
            return None
        try:
            from . import _direct
        except ImportError:  # Tornado comes with Jupyter's kernel, and is not in a browser
            return None
        return _direct.server().ticket(self, view, origin)
