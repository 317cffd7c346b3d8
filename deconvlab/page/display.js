// What a lab shows: its pictures and curves side by side, and its numbers below.

import { CURVES_ASPECT, curvePanel } from "./curves.js";
import { button, element, write } from "./element.js";
import { imagePanel } from "./picture.js";

/** `seen` is what the pictures share (sight.js); `announce` is how a screen reader hears. */
export function display(root, seen, announce) {
  const panels = element("div", { class: "dcv-panels" }), numbers = results(announce);
  const mark = button("Mark clipped", { title: "Blue below black, orange above white", "aria-pressed": "false" });
  const compare = button("Compare", { title: "Hold to see the first picture in place of the last", hidden: "" });
  let images = [], curves = [], header = null, marked = false;

  function layout() {
    const names = [...header.images, ...header.curves].map((h) => h.title).join("\n");
    if (panels.dataset.names === names) return;
    panels.dataset.names = names;
    for (const panel of curves) panel.close();
    images = header.images.map(() => imagePanel(seen));
    curves = header.curves.map(() => curvePanel(root));
    panels.replaceChildren(...images.map((p) => p.figure), ...curves.map((p) => p.figure));
  }
  function draw(head, buffers) {
    header = head;
    buffers = [...buffers];
    layout();
    header.images.forEach((h, k) => images[k].update(h, buffers, header.alt, marked));
    const aspect = images.reduce((sum, p) => sum + p.aspect(), 0) + CURVES_ASPECT * curves.length;
    panels.style.maxWidth = `${Math.min(1080, 380 * aspect)}px`; // no picture taller than 380 pixels
    curves.forEach((panel, k) => panel.update(header.curves[k], buffers, header.alt));
    numbers.update(Object.entries(header.numbers));
    compare.hidden = !header.compare.length;
  }

  mark.addEventListener("click", () => {
    marked = !marked;
    mark.setAttribute("aria-pressed", String(marked));
    for (const panel of images) panel.paint(marked);
  });
  whileHeld(compare, (on) => {
    if (!header?.compare.length) return;
    const [first, second] = header.compare.map((title) => images[header.images.findIndex((h) => h.title === title)]);
    second.paint(marked, on ? first.codes() : second.codes());
    compare.setAttribute("aria-pressed", String(on));
  });
  function close() {
    numbers.close();
    for (const panel of curves) panel.close();
  }
  const look = () => { for (const panel of images) panel.look(); };
  const redraw = () => { for (const panel of curves) panel.draw(); };
  return { panels, numbers: numbers.root, mark, compare, draw, look, redraw, empty: () => !header, close };
}

/** The numbers. A screen reader hears them once the slider rests. */
function results(announce) {
  const root = element("div", { class: "dcv-numbers" });
  let speech;
  function update(numbers) {
    const names = numbers.map(([name]) => name);
    if (root.dataset.names !== String(names)) root.replaceChildren(...names.map((name) => element("div", {}, element("span", {}, name), element("b"))));
    root.dataset.names = names;
    numbers.forEach(([, text], k) => write(root.children[k].lastChild, text));
    clearTimeout(speech);
    speech = setTimeout(() => announce(numbers.map((pair) => pair.join(" ")).join(", ")), 800);
  }
  return { root, update, close: () => clearTimeout(speech) };
}

/** Call `hold` with true when a button is pressed, and with false when it is let go. */
function whileHeld(pressed, hold) {
  pressed.addEventListener("pointerdown", () => hold(true));
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) pressed.addEventListener(end, () => hold(false));
  pressed.addEventListener("keydown", (event) => { if ((event.key === " " || event.key === "Enter") && !event.repeat) hold(true); });
  pressed.addEventListener("keyup", () => hold(false));
}
