// What hands do over a picture: they zoom, move it, choose a region, and point at a pixel.

import { ALL } from "./controls.js";

const MOST_ZOOM = 32;

/** Let mouse and keys act on `seen`, the window and the region of a picture; `header()` is its title and size, once it has some. */
export function gestures(pane, seen, header) {
  const { zoom } = seen;
  /** Where in the picture the pointer is, from 0 to 1 across and down. */
  function place(event) {
    const box = pane.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((at, k) => [zoom.x, zoom.y][k] + (at - 0.5) / zoom.scale);
  }
  const held = { now: null, clicked: 0 }; // where the pointer went down, and a click that may become a double one
  pane.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
    event.preventDefault();
    toward(zoom, event.deltaY < 0 ? 1.25 : 0.8, ...place(event));
  }, { passive: false });
  pane.addEventListener("dblclick", (event) => (clearTimeout(held.clicked), zoom.scale > 1 ? zoom.set() : toward(zoom, 4, ...place(event))));
  keys(pane, seen, header, held);
  pointer(pane, seen, header, held, place);
}

function toward(zoom, factor, x = zoom.x, y = zoom.y) {
  const scale = Math.min(MOST_ZOOM, Math.max(1, zoom.scale * factor)), keep = zoom.scale / scale;
  zoom.set(scale, x + (zoom.x - x) * keep, y + (zoom.y - y) * keep); // the point under the pointer stays there
}

function keys(pane, { zoom, region }, header, held) {
  pane.addEventListener("keydown", (event) => {
    const far = 0.1 / zoom.scale;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (event.key === "+" || event.key === "=") toward(zoom, 2);
    else if (event.key === "-") toward(zoom, 0.5);
    else if (event.key === "0") zoom.set();
    else if (event.key === "Escape" && region.of(header().title)) { held.now = null; region.set(header().title, ALL); }
    else if (moves[event.key]) zoom.set(zoom.scale, zoom.x + moves[event.key][0], zoom.y + moves[event.key][1]);
    else return;
    event.preventDefault();
  });
}

function pointer(pane, { zoom, region, probe }, header, held, place) {
  pane.addEventListener("pointerdown", (event) => {
    clearTimeout(held.clicked);
    held.now = { at: place(event), x: event.clientX, y: event.clientY, draws: header() && region.of(header().title) && !event.shiftKey && !event.button };
  });
  pane.addEventListener("pointermove", (event) => {
    const [x, y] = place(event), from = held.now, head = header();
    if (from?.draws && event.buttons) {
      from.far ||= Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
      if (!from.far) return;
      pane.setPointerCapture(event.pointerId);
      region.set(head.title, boxBetween(from.at, [x, y], head));
    } else if (from && zoom.scale > 1 && event.buttons) {
      pane.setPointerCapture(event.pointerId);
      zoom.set(zoom.scale, zoom.x + from.at[0] - x, zoom.y + from.at[1] - y);
    } else if (head) probe(head.title, Math.floor(y * head.rows), Math.floor(x * head.columns), head);
  });
  pane.addEventListener("pointerup", () => { // a click beside the region ends it, once it is clear that no second one follows
    if (!held.now?.draws || held.now.far) return;
    const { title } = header(), [x, y] = held.now.at, [top, bottom, left, right] = region.of(title) || ALL;
    if (y < top || y > bottom || x < left || x > right) held.clicked = setTimeout(() => region.set(title, ALL), 350);
  });
  for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, () => { held.now = null; });
  pane.addEventListener("pointerleave", () => probe(null));
}

/** The box between two points of a picture, at least a pixel each way, and inside. */
function boxBetween(a, b, { columns, rows }) {
  const side = (p, q, pixel) => {
    const low = Math.min(1 - pixel, Math.max(0, Math.min(p, q)));
    return [low, Math.max(low + pixel, Math.min(1, Math.max(p, q)))];
  };
  return [...side(a[1], b[1], 1 / rows), ...side(a[0], b[0], 1 / columns)];
}
