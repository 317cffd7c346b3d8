// The ways a message goes between page and kernel: the comm, and the short way, once the kernel has offered it.

const HERE = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/; // origins of pages that may stand where their kernel is
const SHORT = ["tick", "step", "seen", "stop"]; // what takes the short way; the rest has time

/** A websocket of the kernel's own, beside the comm. `heard` gets its messages as the comm would bring them. */
function shortWay({ port, ticket }, heard, ended) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => socket.send(ticket));
  socket.addEventListener("close", ended);
  socket.addEventListener("message", ({ data }) => {
    let at = 4 + new DataView(data).getUint32(0, true);
    const { sizes, ...content } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, at - 4)));
    heard(content, sizes.map((size) => new DataView(data, (at += size) - size, size)));
  });
  return socket;
}

/** Both ways. `receive` hears what comes, `lost` when nothing can be sent; `forgo` and `request` ask again where the way changes. */
export function ways(model, view, { receive, lost, forgo, request }) {
  let socket = null, short = null; // the short way, once the kernel has sent the first message there and until it is closed
  function offered(offer) {
    socket = shortWay(offer, (content, buffers) => {
      const first = !short;
      short = socket;
      if (first) forgo();
      receive(content, buffers);
      if (first) request();
    }, () => {
      if (!short) return;
      short = null;
      forgo();
      send({ kind: "hello" });
      request();
    });
  }
  function send(content, buffers) {
    if (short && SHORT.includes(content.kind)) short.send(JSON.stringify({ ...content, view }));
    else try { model.send({ ...content, view }, undefined, buffers); } catch { lost(); }
  }
  function receiveByComm(content, buffers) {
    if (!short || content.kind) receive(content, buffers); // else it comes the short way, too
  }
  function hangUp() {
    short = null;
    socket?.close();
  }
  function close() {
    hangUp();
    model.off("msg:custom", receiveByComm);
  }
  const hello = () => send({ kind: "hello", origin: HERE.test(location.origin) ? location.origin : null });
  model.on("msg:custom", receiveByComm);
  return { send, offered, hello, hangUp, close };
}

/** Call `lost` once the kernel has gone, as far as the page is told. The answer ends it. */
export function watchKernel(model, lost) {
  const kernel = model.widget_manager?.kernel; // JupyterLab's and Notebook's; elsewhere a message that fails tells
  const follow = (_, status) => { if (["restarting", "autorestarting", "terminating", "dead"].includes(status)) lost(); };
  model.on("comm_live_update", lost); // where the page is told of a restart; it is not told of an end
  kernel?.statusChanged?.connect(follow);
  kernel?.disposed?.connect(lost);
  return () => {
    model.off("comm_live_update", lost);
    kernel?.statusChanged?.disconnect(follow);
    kernel?.disposed?.disconnect(lost);
  };
}
