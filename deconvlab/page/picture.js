// A figure that shows one image, through a window that all images of a lab move together, and the region chosen in it.

import { ALL } from "./controls.js";
import { PAGE_KEYS, element, write } from "./element.js";
import { gestures } from "./gestures.js";
import { mix, palette } from "./palette.js";

const ZOOM = "Zoom: double click, Ctrl + wheel or + and −. Move: drag or arrow keys. 0: all of it.";
const CHOOSE = "Drag: choose a region. All of it again: Escape, or a click beside the region. ";

/** `seen` says through which window, and which region, and hears where the pointer is: see sight.js. */
export function imagePanel(seen) {
  const title = element("b"), note = element("span"), canvas = element("canvas", { role: "img" });
  const frame = element("div", { class: "dcv-region", hidden: "" });
  const pane = element("div", { class: "dcv-pane", tabindex: 0, role: "group", ...PAGE_KEYS }, canvas, frame);
  const figure = element("figure", {}, element("figcaption", {}, title, note), pane);
  const pen = canvas.getContext("2d");
  let pixels, codes, rgb, header;

  function paint(mark, other = codes) {
    const table = palette(rgb, mark), target = new Uint32Array(pixels.data.buffer);
    if (header.colours) mix(other, target, table, mark);
    else for (let i = 0; i < target.length; i++) target[i] = table[other[i]];
    pen.putImageData(pixels, 0, 0);
  }
  function update(head, buffers, described, mark) {
    header = head;
    title.title = head.title;
    write(title, head.title);
    write(note, [head.note, head.range ? `${head.range.map((v) => v.toPrecision(2)).join(" to ")}` : ""].filter(Boolean).join(" · "));
    canvas.setAttribute("aria-label", `${head.title}${head.note ? `, ${head.note}` : ""}. ${described}`);
    if (head.same) return;
    const bytes = buffers.shift();
    codes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    rgb = buffers.shift();
    if (canvas.width !== head.columns || canvas.height !== head.rows || !pixels) resize(head);
    look();
    paint(mark);
  }
  function resize({ columns, rows }) {
    Object.assign(canvas, { width: columns, height: rows });
    pixels = pen.createImageData(columns, rows);
    pane.style.aspectRatio = `${columns} / ${rows}`;
    figure.style.flex = `${columns / rows} 1 0`;
  }
  function look() {
    enlarge(seen, canvas);
    if (header) outline(pane, frame, header.title, seen);
  }
  gestures(pane, seen, () => header);
  return { figure, update, paint, look, codes: () => codes, aspect: () => header.columns / header.rows };
}

/** Move a picture behind its window. */
function enlarge({ zoom: { scale, x, y } }, canvas) {
  canvas.style.transform = `translate(${100 * (0.5 - scale * x)}%, ${100 * (0.5 - scale * y)}%) scale(${scale})`;
  canvas.style.imageRendering = canvas.width < 200 * scale ? "pixelated" : "auto";
  canvas.parentElement.classList.toggle("dcv-zoomed", scale > 1);
}

/** Draw the region of a picture as a frame, and say what can be done with it. */
function outline(pane, frame, title, { zoom: { scale, x, y }, region }) {
  const box = region.of(title), [top, bottom, left, right] = box || ALL, percent = (share) => `${100 * share}%`;
  pane.classList.toggle("dcv-chooses", Boolean(box));
  pane.title = box ? CHOOSE + ZOOM.replace("drag", "Shift + drag") : ZOOM;
  const regional = box ? ", Escape for all of it; its region is chosen by four numbers above" : "";
  pane.setAttribute("aria-label", `${title}: zoom with plus and minus, move with the arrow keys${regional}`);
  frame.hidden = String(box || ALL) === String(ALL);
  Object.assign(frame.style, {
    top: percent(0.5 + (top - y) * scale), height: percent((bottom - top) * scale),
    left: percent(0.5 + (left - x) * scale), width: percent((right - left) * scale),
  });
}
