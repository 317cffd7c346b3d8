// The page's half of a lab. Controls send their values, at most two requests at a time and always the newest; each answer is one
// message with the pixels that changed. See live.py for the other half.

const PAGE_KEYS = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves the arrow keys of these elements alone
const DASHES = [[], [7, 4], [2, 3], [8, 3, 2, 3], [5, 2, 1, 2, 1, 2], [1, 5]];
const CURVES_ASPECT = 1.25; // width by height
const QUICK = 0.02; // seconds of computing up to which two requests may be on their way
const ALL = [0, 1, 0, 1]; // of a picture: top, bottom, left, right
const BELOW = 0, ABOVE = 254, LOST = 255; // codes for what no grey level can show

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// ---- controls ------------------------------------------------------------------------------------------------------------

const ids = (() => { let n = 0; return () => `dcv-${Date.now().toString(36)}-${n++}`; })();

/** Positions 0..count of a slider, and the value at each: its two ends, and whole steps from where it starts. */
function scale({ kind, value: start, low, high, step, positions }) {
  if (positions) return listed(positions);
  const log = kind === "LogSlider", to = log ? Math.log10 : Number;
  const steps = (value) => (to(value) - to(start)) / step;
  const until = (end) => (end === start ? 0 : Math.max(1, Math.ceil(Math.abs(steps(end)) - 0.1))); // none is a tenth of a step
  const below = until(low), count = below + until(high);
  const places = Math.min(100, Math.max(0, 6 - Math.floor(Math.log10(step)))); // what is rounded away is far below a step
  const digits = Math.min(17, Math.max(3, Math.ceil(1.4 - Math.log10(step))));
  const between = (k) => Number(log ? (start * 10 ** (k * step)).toPrecision(digits) : (start + k * step).toFixed(places));
  const at = (k) => {
    if (k === below) return start;
    if (k <= 0) return low;
    if (k >= count) return high;
    return Math.min(high, Math.max(low, between(k - below)));
  };
  const nearest = (value) => Math.min(count, Math.max(0, below + Math.round(steps(value))));
  return { count, at, nearest: (value) => (value >= high ? count : value <= low ? 0 : nearest(value)) };
}

/** The scale of a slider whose positions are listed, as on a page where they were computed ahead. */
function listed(positions) {
  const nearer = (value) => (best, position, k) => (Math.abs(position - value) < Math.abs(positions[best] - value) ? k : best);
  return { count: positions.length - 1, at: (k) => positions[k], nearest: (value) => positions.reduce(nearer(value), 0) };
}

function spoken({ kind, step, unit }, value) {
  let text;
  if (kind === "LogSlider") text = value >= 0.01 && value < 1000 ? String(Number(value.toPrecision(2))) : value.toExponential(1).replace("e+", "e");
  else text = value.toFixed(Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9))));
  return unit ? `${text} ${unit}` : text;
}

/** One control: a native input with its label. `changed(value)` is called when a person moves it. */
function control(spec, changed) {
  const id = ids(), help = spec.help ? element("small", { id: `${id}-help` }, spec.help) : "";
  const common = { id, "aria-describedby": spec.help ? `${id}-help` : null, ...PAGE_KEYS };
  const label = spec.kind === "Region" ? element("span", { id }, `${spec.label} (%)`) : element("label", { for: id }, spec.label);
  const output = element("output", { for: id });
  let input, show, say, travel;
  if (spec.kind === "Choice") {
    input = element("select", common, ...spec.options.map((option) => element("option", {}, option)));
    show = (value) => { input.selectedIndex = spec.options.indexOf(value); };
    input.addEventListener("change", () => changed(spec.options[input.selectedIndex]));
  } else if (spec.kind === "Toggle") {
    input = element("input", { type: "checkbox", role: "switch", ...common });
    show = (value) => { input.checked = value; };
    input.addEventListener("change", () => changed(input.checked));
  } else if (spec.kind === "Region") {
    let box = ALL; // what the numbers show rounded
    const sides = ["top", "bottom", "left", "right"].map((name, k) => {
      const side = element("input", { type: "number", min: 0, max: 100, step: "any", ...PAGE_KEYS });
      side.addEventListener("input", () => { box = Object.assign([...box], { [k]: side.valueAsNumber / 100 }); changed(box); });
      return element("label", {}, name, side);
    });
    input = element("fieldset", { "aria-labelledby": id, "aria-describedby": common["aria-describedby"] }, ...sides);
    show = (value) => { box = value; sides.forEach(({ control: side }, k) => { side.value = Number((100 * box[k]).toFixed(1)); }); };
  } else if (spec.kind === "Upload") {
    const name = element("span"), bar = element("progress", { "aria-label": `${spec.label}, on its way`, class: "dcv-unused", value: 0 });
    output.append(name, bar);
    output.id = `${id}-file`;
    input = element("input", { type: "file", ...common, "aria-describedby": [common["aria-describedby"], output.id].filter(Boolean).join(" ") });
    show = (value) => { name.textContent = name.title = value || "no file yet"; if (!value) input.value = ""; };
    travel = (share, file = "") => { bar.value = share || 0; bar.classList.toggle("dcv-unused", share === null); if (file) name.textContent = file; };
    input.addEventListener("change", () => input.files.length && changed(input.files[0]));
  } else {
    const { count, at, nearest } = scale(spec);
    input = element("input", { type: "range", min: 0, max: count, step: 1, ...common });
    say = (text) => { output.textContent = text; input.setAttribute("aria-valuetext", text); };
    show = (value) => { input.value = nearest(value); say(spoken(spec, value)); };
    input.addEventListener("input", () => { const value = at(Number(input.value)); say(spoken(spec, value)); changed(value); });
  }
  const row = element("div", { class: `dcv-control dcv-${spec.kind}` }, element("div", {}, label, help), input, output);
  if (travel) { // a file may be dropped anywhere in the row; elsewhere in it the browser would open it
    row.addEventListener("dragover", (event) => event.preventDefault());
    row.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!input.disabled && event.dataTransfer.files.length) changed((input.files = event.dataTransfer.files)[0]);
    });
  }
  return { row, input, show, say, travel };
}

// ---- pictures ------------------------------------------------------------------------------------------------------------

/** The 256 colours of the codes, as 32-bit pixels. */
function palette(rgb, mark) {
  const table = new Uint32Array(256), bytes = new Uint8ClampedArray(table.buffer);
  const put = (code, r, g, b) => bytes.set([r, g, b, 255], 4 * code);
  for (let k = 0; k < 253; k++) {
    const grey = Math.round((k * 255) / 252);
    if (rgb.byteLength) put(k + 1, rgb.getUint8(3 * k), rgb.getUint8(3 * k + 1), rgb.getUint8(3 * k + 2));
    else put(k + 1, grey, grey, grey);
  }
  table[BELOW] = table[1];
  table[ABOVE] = table[253];
  if (mark) { put(BELOW, 0, 114, 178); put(ABOVE, 230, 120, 0); }
  put(LOST, 204, 0, 153);
  return table;
}

/** Pixels of three codes each; one code that is marked marks the pixel. */
function mix(codes, target, table, mark) {
  const level = Uint8Array.from(table, (pixel) => pixel & 255); // grey: any of its three bytes
  level[BELOW] = 0;
  level[ABOVE] = 255;
  const marked = (r, g, b, code) => r === code || g === code || b === code;
  for (let i = 0, k = 0; i < target.length; i++, k += 3) {
    const r = codes[k], g = codes[k + 1], b = codes[k + 2];
    if (marked(r, g, b, LOST)) target[i] = table[LOST];
    else if (mark && marked(r, g, b, ABOVE)) target[i] = table[ABOVE];
    else if (mark && marked(r, g, b, BELOW)) target[i] = table[BELOW];
    else target[i] = level[r] | (level[g] << 8) | (level[b] << 16) | 0xff000000;
  }
}

const MOST_ZOOM = 32;

const ZOOM = "Zoom: double click, Ctrl + wheel or + and −. Move: drag or arrow keys. 0: all of it.";
const CHOOSE = "Drag: choose a region. All of it again: Escape, or a click beside the region. ";

/** The box between two points of a picture, at least a pixel each way, and inside. */
function boxBetween(a, b, { columns, rows }) {
  const side = (p, q, pixel) => {
    const low = Math.min(1 - pixel, Math.max(0, Math.min(p, q)));
    return [low, Math.max(low + pixel, Math.min(1, Math.max(p, q)))];
  };
  return [...side(a[1], b[1], 1 / rows), ...side(a[0], b[0], 1 / columns)];
}

/** A figure that shows one image, through a window that all images of a lab move together, and the region chosen in it. */
function imagePanel(zoom, region) {
  const title = element("b"), note = element("span"), canvas = element("canvas", { role: "img" });
  const pane = element("div", { class: "dcv-pane", tabindex: 0, role: "group", ...PAGE_KEYS }, canvas);
  const frame = element("div", { class: "dcv-region", hidden: "" });
  pane.append(frame);
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
    title.textContent = head.title;
    title.title = head.title;
    note.textContent = [head.note, head.range ? `${head.range.map((v) => v.toPrecision(2)).join(" to ")}` : ""].filter(Boolean).join(" · ");
    canvas.setAttribute("aria-label", `${head.title}${head.note ? `, ${head.note}` : ""}. ${described}`);
    if (head.same) return;
    const bytes = buffers.shift();
    codes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    rgb = buffers.shift();
    if (canvas.width !== head.columns || canvas.height !== head.rows || !pixels) {
      canvas.width = head.columns;
      canvas.height = head.rows;
      pixels = pen.createImageData(head.columns, head.rows);
      pane.style.aspectRatio = `${head.columns} / ${head.rows}`;
      figure.style.flex = `${head.columns / head.rows} 1 0`;
    }
    look();
    paint(mark);
  }

  function look() {
    const { scale, x, y } = zoom;
    canvas.style.transform = `translate(${100 * (0.5 - scale * x)}%, ${100 * (0.5 - scale * y)}%) scale(${scale})`;
    canvas.style.imageRendering = canvas.width < 200 * scale ? "pixelated" : "auto";
    pane.classList.toggle("dcv-zoomed", scale > 1);
    if (!header) return;
    const box = region.of(header.title), [top, bottom, left, right] = box || ALL, percent = (share) => `${100 * share}%`;
    pane.classList.toggle("dcv-chooses", Boolean(box));
    pane.title = box ? CHOOSE + ZOOM.replace("drag", "Shift + drag") : ZOOM;
    pane.setAttribute("aria-label", `${header.title}: zoom with plus and minus, move with the arrow keys${box ? ", Escape for all of it; its region is chosen by four numbers above" : ""}`);
    frame.hidden = String(box || ALL) === String(ALL);
    Object.assign(frame.style, {
      top: percent(0.5 + (top - y) * scale), height: percent((bottom - top) * scale),
      left: percent(0.5 + (left - x) * scale), width: percent((right - left) * scale),
    });
  }
  /** Where in the picture the pointer is, from 0 to 1 across and down. */
  function place(event) {
    const box = pane.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((at, k) => [zoom.x, zoom.y][k] + (at - 0.5) / zoom.scale);
  }
  function toward(factor, x = zoom.x, y = zoom.y) {
    const scale = Math.min(MOST_ZOOM, Math.max(1, zoom.scale * factor)), keep = zoom.scale / scale;
    zoom.set(scale, x + (zoom.x - x) * keep, y + (zoom.y - y) * keep); // the point under the pointer stays there
  }
  pane.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
    event.preventDefault();
    toward(event.deltaY < 0 ? 1.25 : 0.8, ...place(event));
  }, { passive: false });
  let held = null, clicked; // where the pointer went down, and a click that may become a double one
  pane.addEventListener("dblclick", (event) => (clearTimeout(clicked), zoom.scale > 1 ? zoom.set() : toward(4, ...place(event))));
  pane.addEventListener("keydown", (event) => {
    const far = 0.1 / zoom.scale;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    if (event.key === "+" || event.key === "=") toward(2);
    else if (event.key === "-") toward(0.5);
    else if (event.key === "0") zoom.set();
    else if (event.key === "Escape" && region.of(header.title)) { held = null; region.set(header.title, ALL); }
    else if (moves[event.key]) zoom.set(zoom.scale, zoom.x + moves[event.key][0], zoom.y + moves[event.key][1]);
    else return;
    event.preventDefault();
  });
  pane.addEventListener("pointerdown", (event) => {
    clearTimeout(clicked);
    held = { at: place(event), x: event.clientX, y: event.clientY, draws: header && region.of(header.title) && !event.shiftKey && !event.button };
  });
  pane.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (held?.draws && event.buttons) {
      held.far ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > 4;
      if (!held.far) return;
      pane.setPointerCapture(event.pointerId);
      region.set(header.title, boxBetween(held.at, [x, y], header));
    } else if (held && zoom.scale > 1 && event.buttons) {
      pane.setPointerCapture(event.pointerId);
      zoom.set(zoom.scale, zoom.x + held.at[0] - x, zoom.y + held.at[1] - y);
    } else if (header) zoom.probe(header.title, Math.floor(y * header.rows), Math.floor(x * header.columns), header);
  });
  pane.addEventListener("pointerup", () => { // a click beside the region ends it, once it is clear that no second one follows
    if (held?.draws && !held.far) {
      const [x, y] = held.at, [top, bottom, left, right] = region.of(header.title) || ALL;
      if (y < top || y > bottom || x < left || x > right) clicked = setTimeout(() => region.set(header.title, ALL), 350);
    }
  });
  for (const end of ["pointerup", "pointercancel"]) pane.addEventListener(end, () => { held = null; });
  pane.addEventListener("pointerleave", () => zoom.probe(null));
  return { figure, update, paint, look, codes: () => codes, aspect: () => header.columns / header.rows };
}

// ---- curves --------------------------------------------------------------------------------------------------------------

const superscript = (n) => `10${String(n).split("").map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;

const short = (v) => {
  const text = String(Number(v.toPrecision(6)));
  return text.length <= 5 ? text : String(Number(v.toPrecision(3)).toExponential()).replace("e+", "e");
};

/** Ends and ticks of an axis that hold `values`; the ends move in whole decades or round steps, so that they rarely move. */
function axis(values, log, limits) {
  let [low, high] = limits || [Infinity, -Infinity];
  if (!limits) for (const v of values) if (Number.isFinite(v) && (!log || v > 0)) { low = Math.min(low, v); high = Math.max(high, v); }
  if (!(low <= high)) [low, high] = log ? [0.1, 1] : [0, 1];
  if (log) {
    let [a, b] = [Math.log10(low), Math.log10(high)];
    if (!limits) { b = Math.ceil(b - 1e-6); a = Math.max(Math.floor(a + 1e-6), b - 12); }
    if (b <= a) b = a + 1;
    const every = Math.ceil((b - a) / 6), ticks = [];
    for (let t = Math.ceil(a); t <= b + 1e-9; t += every) ticks.push([10 ** t, superscript(t)]);
    return { ticks, at: (v) => (v > 0 ? (Math.log10(v) - a) / (b - a) : -Infinity) };
  }
  if (high === low) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const every = power * [1, 2, 2.5, 5, 10].find((m) => m * power >= rough * 0.999), ticks = [];
  if (!limits) { low = Math.floor(low / every + 1e-6) * every; high = Math.ceil(high / every - 1e-6) * every; }
  for (let t = Math.ceil(low / every - 1e-9); t * every <= high + every * 1e-9; t++) ticks.push([t * every, short(t * every)]);
  return { ticks, at: (v) => (v - low) / (high - low) };
}

/** A figure that draws lines over two axes. */
function curvePanel(root) {
  const title = element("b"), note = element("span"), canvas = element("canvas", { role: "img" });
  const figure = element("figure", { style: `flex: ${CURVES_ASPECT} 1 0` }, element("figcaption", {}, title, note), canvas);
  canvas.style.aspectRatio = CURVES_ASPECT;
  let header, lines = [];

  function draw() {
    if (!header || !canvas.clientWidth) return;
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d"), look = getComputedStyle(root);
    const colour = (name) => look.getPropertyValue(name).trim();
    pen.scale(ratio, ratio);
    pen.font = `11px ${look.fontFamily}`;
    const broadest = 40 + Math.max(0, ...lines.map(({ name }) => pen.measureText(name).width)); // of the key's entries
    const across = Math.max(1, Math.min(3, Math.floor((width - 54) / broadest))), rowsOfKey = Math.ceil(lines.length / across);
    const box = { left: 44, right: width - 10, top: 8, bottom: height - 36 - 15 * rowsOfKey };
    const ends = [Infinity, -Infinity];
    for (const { x } of lines) for (const v of x) if (Number.isFinite(v)) { ends[0] = Math.min(ends[0], v); ends[1] = Math.max(ends[1], v); }
    const xs = axis([], false, ends);
    const ys = axis((function* () { for (const { y } of lines) yield* y; })(), header.log, header.ylim);
    const dot = (x, y) => { pen.fillStyle = pen.strokeStyle; pen.beginPath(); pen.arc(x, y, 3.5, 0, 2 * Math.PI); pen.fill(); };
    const px = (v) => box.left + xs.at(v) * (box.right - box.left), py = (v) => box.bottom - ys.at(v) * (box.bottom - box.top);

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
    pen.fillText(header.xlabel, (box.left + box.right) / 2, box.bottom + 17);

    pen.save();
    pen.beginPath(); pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top); pen.clip();
    lines.forEach(({ x, y }, k) => {
      pen.strokeStyle = colour(`--line-${k % 6}`); pen.setLineDash(DASHES[k % 6]); pen.lineWidth = 1.8;
      if (x.length === 1) return dot(px(x[0]), py(y[0]));
      pen.beginPath();
      let drawing = false;
      for (let i = 0; i < x.length; i++) {
        const v = header.log && y[i] <= 0 ? NaN : y[i];
        if (!Number.isFinite(v)) { drawing = false; continue; }
        const down = Math.max(box.top - 1e4, Math.min(box.bottom + 1e4, py(v)));
        drawing ? pen.lineTo(px(x[i]), down) : pen.moveTo(px(x[i]), down);
        drawing = true;
      }
      pen.stroke();
    });
    pen.setLineDash([2, 2]); pen.lineWidth = 1; pen.strokeStyle = pen.fillStyle = colour("--text"); pen.textAlign = "left";
    let last = { at: -Infinity, end: 0 };
    for (const [name, v] of Object.entries(header.marks).sort((a, b) => a[1] - b[1])) {
      const at = px(v), beside = at > box.right - 16 ? -13 : 3; // of the line, inside the plot
      const start = at - last.at < 14 ? last.end + 10 : box.top + 4; // below the name of a mark that is too near
      pen.beginPath(); pen.moveTo(at, box.top); pen.lineTo(at, box.bottom); pen.stroke();
      pen.save(); pen.translate(at + beside, start); pen.rotate(Math.PI / 2); pen.textBaseline = "bottom"; pen.fillText(name, 0, 0); pen.restore();
      last = { at, end: start + pen.measureText(name).width };
    }
    pen.restore();
    lines.forEach(({ name }, k) => {
      const left = box.left + ((k % across) * (box.right - box.left)) / across, down = height - 15 * rowsOfKey + 15 * Math.floor(k / across) + 6;
      pen.strokeStyle = colour(`--line-${k % 6}`); pen.setLineDash(DASHES[k % 6]); pen.lineWidth = 1.8;
      if (lines[k].x.length === 1) dot(left + 12, down);
      else { pen.beginPath(); pen.moveTo(left, down); pen.lineTo(left + 24, down); pen.stroke(); }
      pen.fillStyle = colour("--text"); pen.textBaseline = "middle"; pen.textAlign = "left"; pen.fillText(name, left + 29, down);
    });
    pen.setLineDash([]);
  }

  function update(head, buffers, described) {
    header = head;
    title.textContent = head.title;
    note.textContent = head.ylabel;
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

/** Whether the page around is dark: JupyterLab, VS Code, a site and Colab say so; elsewhere what the system prefers counts. */
function isDark() {
  const body = document.body.dataset, html = document.documentElement;
  if (body.jpThemeLight) return body.jpThemeLight === "false";
  const stated = body.vscodeThemeKind || html.dataset.theme || html.getAttribute("theme");
  return stated ? /dark|contrast$/.test(stated) : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

function download(name, bytes) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// ---- the short way -------------------------------------------------------------------------------------------------------

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

// ---- the lab -------------------------------------------------------------------------------------------------------------

function render({ model, el }) {
  const view = ids(), spec = model.get("spec");
  const root = element("div", { class: "dcv" });
  const controls = element("div", { class: "dcv-controls" }), panels = element("div", { class: "dcv-panels" });
  const numbers = element("div", { class: "dcv-numbers" }), said = element("p", { class: "dcv-said", role: "status" });
  const message = element("p", { class: "dcv-message", role: "alert" });
  const button = (name, extra) => element("button", { type: "button", ...PAGE_KEYS, ...extra }, name);
  const compare = button("Compare", { title: "Hold to see the first picture in place of the last", hidden: "" });
  const mark = button("Mark clipped", { title: "Blue below black, orange above white", "aria-pressed": "false" });
  const save = button("Save", { title: "The pictures as a PNG file, with the settings in its text fields", hidden: Boolean(model.get("played")) }); // a page without a kernel cannot
  const reset = button("Reset", { title: "Back to the first values, and to the whole picture" });
  const stop = button("Stop", { title: "Keep this picture, do not improve it further" });
  const more = element("span", { class: "dcv-more", hidden: "" }, "improving…", stop), probe = element("p", { class: "dcv-probe" });
  const back = control({ kind: "Slider", label: "iteration", help: "slide back through the run", value: 0, low: 0, high: 1, step: 1 }, () => { back.say(String(steps[Number(back.input.value)])); want(true); });
  back.row.classList.add("dcv-back");
  back.row.hidden = true;
  const full = button("Full size", { title: "Compute the whole picture, which takes longer, and save it as a PNG file with the settings" });
  const halt = button("Stop", { "aria-label": "Stop full size" }), share = element("span"), bar = element("progress", { value: 0 });
  const work = element("div", { class: "dcv-work dcv-unused" }, element("label", {}, share, bar), halt);
  const foot = element("div", { class: "dcv-foot" }, numbers, more, element("div", {}, element("div", { class: "dcv-buttons" }, compare, mark, full, save, reset), work));
  root.append(controls, panels, back.row, probe, foot, message, said);
  el.replaceChildren(root);

  const initial = Object.fromEntries(spec.map((s) => [s.name, s.value]));
  let values = { ...initial }, images = [], curves = [], header = null, marked = false;
  let steps = [], seeking = false; // the steps that can be gone back to, and whether the request is for one of them

  // The newest values only, and at most `room` requests on their way. `wanted` says that the values have changed since the last.
  const pending = new Map(); // the number of each, and whether it is for a step
  let sequence = 0, room = 1, wanted = false, gone = false, slow;
  function request() {
    if (pending.size >= room || !wanted || gone) return;
    wanted = false;
    pending.set(++sequence, seeking);
    clearTimeout(slow);
    slow = setTimeout(() => { message.textContent = "Computing…"; }, 1000);
    if (seeking) send({ kind: "step", view, seq: sequence, step: steps[Number(back.input.value)] });
    else send({ kind: "tick", view, seq: sequence, values });
    seeking = false;
  }
  function want(step = false) { // a picture for the values, or one of the steps before
    seeking = step;
    wanted = true;
    request();
  }
  function send(content, buffers) {
    if (short && SHORT.includes(content.kind)) short.send(JSON.stringify(content));
    else try { model.send(content, undefined, buffers); } catch { lost(); }
  }

  // The short way, once the kernel has offered it and sent the first message there; until then, and after it is closed, the comm.
  let socket = null, short = null;
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
      send({ kind: "hello", view });
      request();
    });
  }
  function forgo() { // what was asked for the other way may never be answered: ask again
    if (!pending.size || wanted) return void pending.clear();
    seeking = [...pending.values()].at(-1);
    wanted = true;
    pending.clear();
  }
  function answered({ seq, took }) {
    if (!pending.delete(seq)) return;
    if (!pending.size) clearTimeout(slow);
    room = took < QUICK ? 2 : 1; // a second one on its way hides the time that messages take, but delays what comes after a slow one
    request();
    ask();
  }

  const inputs = {};
  for (const s of spec) {
    inputs[s.name] = control(s, (value) => (s.kind === "Upload" ? take(s, value) : move(s.name, value)));
    controls.append(inputs[s.name].row);
  }
  function move(name, value) {
    values = { ...values, [name]: value };
    showUsed();
    want();
  }

  // Files on their way to the kernel, by the name of their control: a piece at a time, each once the one before has arrived.
  const travelling = {};
  function take(s, file) {
    if (file.size > s.most) {
      message.textContent = `${s.label}: got ${file.name} with ${Math.round(file.size / 1e6)} MB, expected at most ${s.most / 1e6} MB: crop it, or save it smaller`;
      inputs[s.name].input.value = "";
      return;
    }
    travelling[s.name] = { id: ids(), file, piece: s.piece };
    sendPiece(s.name, 0);
  }
  async function sendPiece(name, start) {
    const { id, file, piece } = travelling[name];
    inputs[name].travel(file.size ? start / file.size : 1, file.name);
    try {
      const bytes = await file.slice(start, start + piece).arrayBuffer();
      if (travelling[name]?.id === id) send({ kind: "piece", view, control: name, id, name: file.name, size: file.size, start }, [bytes]);
    } catch (error) { // moved, or changed, since it was chosen
      arrived({ control: name, id, done: true, error: `${file.name}: ${error.message}` });
    }
  }
  function arrived({ control: name, id, bytes, done, error }) {
    if (travelling[name]?.id !== id) return; // a newer one is on its way
    if (!done) return void sendPiece(name, bytes);
    const { file } = travelling[name];
    leave(name);
    if (error) { message.textContent = error; inputs[name].input.value = ""; inputs[name].show(values[name]); }
    else { inputs[name].show(file.name); move(name, file.name); }
  }
  function leave(name) {
    delete travelling[name];
    inputs[name].travel(null);
  }
  function forget() {
    Object.keys(travelling).forEach(leave);
    if (spec.some((s) => s.kind === "Upload")) send({ kind: "forget" });
  }

  // The region in use in a picture, of which there may be none.
  const chooses = (title) => spec.find((s) => s.kind === "Region" && s.of === title && used(s));
  const region = {
    of: (title) => values[chooses(title)?.name],
    set(title, box) {
      const s = chooses(title); // none any more, if the other controls have changed meanwhile
      if (gone || !s) return;
      inputs[s.name].show(box);
      move(s.name, box);
    },
  };
  const used = ({ when }) => Object.entries(when).every(([other, allowed]) => allowed.includes(values[other]));
  /** A control that the others make useless is hidden, in its place: nothing jumps, and the Tab key passes over it. */
  function showUsed() {
    for (const s of spec) inputs[s.name].row.classList.toggle("dcv-unused", !used(s));
    for (const panel of images) panel.look();
  }
  function showValues() {
    for (const name in inputs) inputs[name].show(values[name]);
    showUsed();
  }
  showValues();
  reset.addEventListener("click", () => { forget(); values = { ...initial }; zoom.set(); showValues(); want(); });
  stop.addEventListener("click", () => send({ kind: "stop" }));
  save.addEventListener("click", () => header && send({ kind: "save", view }));
  full.addEventListener("click", () => full.getAttribute("aria-disabled") === "true" || send({ kind: "full", view, values }));
  halt.addEventListener("click", () => { share.textContent = "stopping…"; send({ kind: "halt" }); });
  const offer = () => { full.hidden = work.hidden = !model.get("full"); };
  model.on("change:full", offer);
  offer();
  function working({ share: done, ended, error }) {
    if (ended && document.activeElement === halt) full.focus();
    if (ended && full.getAttribute("aria-disabled") === "true") said.textContent = "full size: ended";
    full.setAttribute("aria-disabled", String(!ended));
    work.classList.toggle("dcv-unused", Boolean(ended));
    bar.value = ended ? 0 : done;
    share.textContent = ended ? "" : `full size: ${Math.round(100 * done)} %`;
    if (error) message.textContent = error;
    if (!ended) send({ kind: "seen" }); // or the kernel takes this page for closed, and stops
  }

  // What part of the pictures is seen, the same in all of them, and the values under the pointer: one question at a time.
  let asking = false, next = null;
  const zoom = {
    scale: 1, x: 0.5, y: 0.5,
    set(scale = 1, x = 0.5, y = 0.5) {
      const inside = (v) => Math.min(1 - 0.5 / scale, Math.max(0.5 / scale, v));
      Object.assign(zoom, { scale, x: inside(x), y: inside(y) });
      for (const panel of images) panel.look();
    },
    probe(title, row, column, { rows, columns } = {}) {
      next = title !== null && row >= 0 && row < rows && column >= 0 && column < columns ? { title, row, column } : null;
      if (!next) probe.textContent = "";
      else ask();
    },
  };
  function ask() {
    if (asking || !next || gone || pending.size) return;
    asking = true;
    send({ kind: "pixel", view, ...next });
    next = null;
  }
  function told({ at, values: here }) {
    asking = false;
    probe.textContent = `row ${at[0]}, column ${at[1]}: ${Object.entries(here).map((pair) => pair.join(" ")).join(", ")}`;
    ask();
  }

  function layout() {
    const names = [...header.images, ...header.curves].map((h) => h.title).join("\n");
    if (panels.dataset.names === names) return;
    panels.dataset.names = names;
    for (const panel of curves) panel.close();
    images = header.images.map(() => imagePanel(zoom, region));
    curves = header.curves.map(() => curvePanel(root));
    panels.replaceChildren(...images.map((p) => p.figure), ...curves.map((p) => p.figure));
  }

  let speech;
  function draw(head, buffers, latest) {
    header = head;
    buffers = [...buffers];
    layout();
    header.images.forEach((h, k) => images[k].update(h, buffers, header.alt, marked));
    const aspect = images.reduce((sum, p) => sum + p.aspect(), 0) + CURVES_ASPECT * curves.length;
    panels.style.maxWidth = `${Math.min(1080, 380 * aspect)}px`; // no picture taller than 380 pixels
    curves.forEach((panel, k) => panel.update(header.curves[k], buffers, header.alt));
    numbers.replaceChildren(...Object.entries(header.numbers).map(([name, text]) => element("div", {}, element("span", {}, name), element("b", {}, text))));
    compare.hidden = !header.compare.length;
    message.textContent = "";
    back.row.hidden = (header.step ?? null) === null; // JupyterLite makes undefined of Python's None
    if (!back.row.hidden) {
      back.input.disabled = !header.steps.length;
      if (header.steps.length) {
        steps = header.steps;
        back.input.max = steps.length - 1;
        if (latest) back.input.value = steps.reduce((best, step, k) => (step <= header.step ? k : best), 0);
      }
      back.say(String(header.step));
    }
    clearTimeout(speech); // a screen reader hears the result once the slider rests
    speech = setTimeout(() => { said.textContent = Object.entries(header.numbers).map((pair) => pair.join(" ")).join(", "); }, 800);
  }

  mark.addEventListener("click", () => {
    marked = !marked;
    mark.setAttribute("aria-pressed", String(marked));
    for (const panel of images) panel.paint(marked);
  });
  function hold(on) {
    const [first, second] = header.compare.map((title) => images[header.images.findIndex((h) => h.title === title)]);
    second.paint(marked, on ? first.codes() : second.codes());
    compare.setAttribute("aria-pressed", String(on));
  }
  compare.addEventListener("pointerdown", () => hold(true));
  for (const end of ["pointerup", "pointerleave", "pointercancel", "blur"]) compare.addEventListener(end, () => header && header.compare.length && hold(false));
  compare.addEventListener("keydown", (event) => { if ((event.key === " " || event.key === "Enter") && !event.repeat) hold(true); });
  compare.addEventListener("keyup", () => hold(false));

  function receive(content, buffers) {
    const mine = content.view === view, answer = content.seq !== undefined;
    const special = { pixel: told, file: ({ name }) => download(name, buffers[0]), arrived, share: working, offer: offered }[content.kind];
    if (special) {
      if (mine) special(content);
      return;
    }
    if (mine && answer && content.seq !== sequence && !pending.has(content.seq)) return; // a better picture for values that are no more
    if (content.error) {
      if (mine || !content.view) message.textContent = content.error; // without a view it is for all: there is no picture
      if (mine && answer) answered(content);
      return;
    }
    const latest = !wanted && (mine ? content.seq === sequence : !pending.size); // no control has moved since
    if (latest && JSON.stringify(content.values) !== JSON.stringify(values)) { values = content.values; showValues(); }
    if (mine) answered(content); // first, so that the next picture is computed while this one is drawn
    draw(content, buffers, latest);
    more.hidden = !content.more;
    if (content.more) send({ kind: "seen" }); // or the kernel takes this page for closed, and stops
  }
  function receiveByComm(content, buffers) {
    if (!short || content.kind) receive(content, buffers); // else it comes the short way, too
  }
  model.on("msg:custom", receiveByComm);

  function hangUp() {
    short = null;
    socket?.close();
  }
  function lost() {
    gone = true;
    hangUp();
    clearTimeout(slow);
    message.textContent = "The kernel has gone. Run this cell to bring the sliders back.";
    for (const { input } of Object.values(inputs)) input.disabled = true;
    reset.disabled = full.disabled = true;
    Object.keys(travelling).forEach(leave);
    working({ ended: true });
  }
  model.on("comm_live_update", lost); // where the page is told of a restart; it is not told of an end
  const kernel = model.widget_manager?.kernel; // JupyterLab's and Notebook's; elsewhere a message that fails tells
  const follow = (_, status) => { if (["restarting", "autorestarting", "terminating", "dead"].includes(status)) lost(); };
  kernel?.statusChanged?.connect(follow);
  kernel?.disposed?.connect(lost);

  let settling;
  function theme() {
    root.classList.toggle("dark", isDark());
    settle(40);
  }
  function settle(times) { // the page names its theme before the colours arrive, and tells nobody when they have
    for (const panel of curves) panel.draw();
    clearTimeout(settling);
    if (times) settling = setTimeout(settle, 250, times - 1);
  }
  const themes = new MutationObserver(theme);
  for (const stating of [document.body, document.documentElement]) {
    themes.observe(stating, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-vscode-theme-kind", "data-theme", "theme"] });
  }
  theme();
  send({ kind: "hello", view, origin: HERE.test(location.origin) ? location.origin : null });

  return () => {
    hangUp();
    model.off("msg:custom", receiveByComm);
    model.off("change:full", offer);
    model.off("comm_live_update", lost);
    kernel?.statusChanged?.disconnect(follow);
    kernel?.disposed?.disconnect(lost);
    themes.disconnect();
    clearTimeout(slow);
    clearTimeout(speech);
    clearTimeout(settling);
    for (const panel of curves) panel.close();
  };
}

export default { render };
