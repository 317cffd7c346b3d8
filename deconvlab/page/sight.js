// What is seen of the pictures: the window that all of them share, and the values under the pointer.

/** The part that is seen: enlarged `scale` times, around a point from 0 to 1 across and down. `moved` is called after a change. */
export function sight(moved) {
  const zoom = {
    scale: 1, x: 0.5, y: 0.5,
    set(scale = 1, x = 0.5, y = 0.5) {
      const inside = (v) => Math.min(1 - 0.5 / scale, Math.max(0.5 / scale, v));
      Object.assign(zoom, { scale, x: inside(x), y: inside(y) });
      moved();
    },
  };
  return zoom;
}

/** The values under the pointer, told in `line`: one question at a time, and none while the kernel is `busy`. */
export function pointed(line, send, busy) {
  let asking = false, next = null;
  function probe(title, row, column, { rows, columns } = {}) {
    next = title !== null && row >= 0 && row < rows && column >= 0 && column < columns ? { title, row, column } : null;
    if (!next) line.textContent = "";
    else ask();
  }
  function ask() {
    if (asking || !next || busy()) return;
    asking = true;
    send({ kind: "pixel", ...next });
    next = null;
  }
  function told({ at, values }) {
    asking = false;
    line.textContent = `row ${at[0]}, column ${at[1]}: ${Object.entries(values).map((pair) => pair.join(" ")).join(", ")}`;
    ask();
  }
  return { probe, ask, told };
}
