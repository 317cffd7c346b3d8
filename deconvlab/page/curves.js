// A figure that draws lines over two axes.

import { axis } from "./axis.js";
import { element, write } from "./element.js";

const DASHES = [[], [7, 4], [2, 3], [8, 3, 2, 3], [5, 2, 1, 2, 1, 2], [1, 5]];
export const CURVES_ASPECT = 1.25; // width by height

export function curvePanel(root) {
  const title = element("b"), note = element("span"), canvas = element("canvas", { role: "img" });
  const figure = element("figure", { style: `flex: ${CURVES_ASPECT} 1 0` }, element("figcaption", {}, title, note), canvas);
  canvas.style.aspectRatio = CURVES_ASPECT;
  let header, lines = [];

  function draw() {
    if (!header || !canvas.clientWidth) return;
    const plot = plotOn(canvas, getComputedStyle(root), header, lines), { pen, box } = plot;
    drawAxes(plot, header);
    pen.save();
    pen.beginPath(); pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top); pen.clip();
    lines.forEach((line, k) => drawLine(plot, line, k, header.log));
    drawMarks(plot, header.marks);
    pen.restore();
    lines.forEach((line, k) => drawKey(plot, line, k));
    pen.setLineDash([]);
  }
  function update(head, buffers, described) {
    header = head;
    write(title, head.title);
    write(note, head.ylabel);
    canvas.setAttribute("aria-label", `${head.title}: ${head.lines.map((l) => l.name).join(", ")}, ${head.ylabel} over ${head.xlabel}. ${described}`);
    const bytes = buffers.shift();
    const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    let start = 0;
    lines = head.lines.map(({ name, length }) => {
      const line = { name, x: all.subarray(start, start + length), y: all.subarray(start + length, start + 2 * length) };
      start += 2 * length;
      return line;
    });
    draw();
  }
  const size = new ResizeObserver(draw);
  size.observe(canvas);
  return { figure, update, draw, close: () => size.disconnect() };
}

/** A pen, the box between the axes, where numbers are in it, and where the key of the lines is below. */
function plotOn(canvas, look, header, lines) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `11px ${look.fontFamily}`;
  const broadest = 40 + Math.max(0, ...lines.map(({ name }) => pen.measureText(name).width)); // of the key's entries
  const across = Math.max(1, Math.min(3, Math.floor((width - 54) / broadest))), rowsOfKey = Math.ceil(lines.length / across);
  const box = { left: 44, right: width - 10, top: 8, bottom: height - 36 - 15 * rowsOfKey };
  const ends = [Infinity, -Infinity];
  for (const { x } of lines) for (const v of x) if (Number.isFinite(v)) { ends[0] = Math.min(ends[0], v); ends[1] = Math.max(ends[1], v); }
  const xs = axis([], false, ends);
  const ys = axis((function* () { for (const { y } of lines) yield* y; })(), header.log, header.ylim);
  return {
    pen, box, xs, ys, across,
    key: height - 15 * rowsOfKey,
    colour: (name) => look.getPropertyValue(name).trim(),
    px: (v) => box.left + xs.at(v) * (box.right - box.left),
    py: (v) => box.bottom - ys.at(v) * (box.bottom - box.top),
  };
}

function drawAxes({ pen, box, xs, ys, px, py, colour }, { xlabel }) {
  pen.fillStyle = colour("--faint");
  pen.strokeStyle = colour("--border");
  pen.lineWidth = 0.6;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const [v, text] of ys.ticks) {
    pen.beginPath(); pen.moveTo(box.left, py(v)); pen.lineTo(box.right, py(v)); pen.stroke();
    pen.fillText(text, box.left - 5, py(v));
  }
  pen.textAlign = "center"; pen.textBaseline = "top";
  for (const [v, text] of xs.ticks) pen.fillText(text, Math.min(px(v), box.right - 8), box.bottom + 4);
  pen.fillText(xlabel, (box.left + box.right) / 2, box.bottom + 17);
}

/** The look of the line number `k`. */
function lineStyle({ pen, colour }, k) {
  pen.strokeStyle = colour(`--line-${k % 6}`); pen.setLineDash(DASHES[k % 6]); pen.lineWidth = 1.8;
}

function dot(pen, x, y) {
  pen.fillStyle = pen.strokeStyle; pen.beginPath(); pen.arc(x, y, 3.5, 0, 2 * Math.PI); pen.fill();
}

function drawLine(plot, { x, y }, k, log) {
  const { pen, box, px, py } = plot;
  lineStyle(plot, k);
  if (x.length === 1) return dot(pen, px(x[0]), py(y[0]));
  pen.beginPath();
  let drawing = false;
  for (let i = 0; i < x.length; i++) {
    const v = log && y[i] <= 0 ? NaN : y[i];
    if (!Number.isFinite(v)) { drawing = false; continue; }
    const down = Math.max(box.top - 1e4, Math.min(box.bottom + 1e4, py(v)));
    drawing ? pen.lineTo(px(x[i]), down) : pen.moveTo(px(x[i]), down);
    drawing = true;
  }
  pen.stroke();
}

/** Dashed lines upright, with their names. */
function drawMarks({ pen, box, px, colour }, marks) {
  pen.setLineDash([2, 2]); pen.lineWidth = 1; pen.strokeStyle = pen.fillStyle = colour("--text"); pen.textAlign = "left";
  let last = { at: -Infinity, end: 0 };
  for (const [name, v] of Object.entries(marks).sort((a, b) => a[1] - b[1])) {
    const at = px(v), beside = at > box.right - 16 ? -13 : 3; // of the line, inside the plot
    const start = at - last.at < 14 ? last.end + 10 : box.top + 4; // below the name of a mark that is too near
    pen.beginPath(); pen.moveTo(at, box.top); pen.lineTo(at, box.bottom); pen.stroke();
    pen.save(); pen.translate(at + beside, start); pen.rotate(Math.PI / 2); pen.textBaseline = "bottom"; pen.fillText(name, 0, 0); pen.restore();
    last = { at, end: start + pen.measureText(name).width };
  }
}

/** The entry of a line in the key. */
function drawKey(plot, { name, x }, k) {
  const { pen, box, across, key, colour } = plot;
  const left = box.left + ((k % across) * (box.right - box.left)) / across, down = key + 15 * Math.floor(k / across) + 6;
  lineStyle(plot, k);
  if (x.length === 1) dot(pen, left + 12, down);
  else { pen.beginPath(); pen.moveTo(left, down); pen.lineTo(left + 24, down); pen.stroke(); }
  pen.fillStyle = colour("--text"); pen.textBaseline = "middle"; pen.textAlign = "left"; pen.fillText(name, left + 29, down);
}
