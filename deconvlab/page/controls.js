// One control: a native input with its label. A kind of control is a function that makes its input, and how it shows a value.

import { PAGE_KEYS, element, ids } from "./element.js";
import { scale, spoken } from "./scale.js";

const KINDS = { Choice: choice, Toggle: toggle, Region: sides, Upload: upload, Slider: slider, LogSlider: slider };
export const ALL = [0, 1, 0, 1]; // of a picture: top, bottom, left, right

/** The control of a specification. `changed(value)` is called when a person moves it. */
export function control(spec, changed) {
  const id = ids(), help = spec.help ? element("small", { id: `${id}-help` }, spec.help) : "";
  const common = { id, "aria-describedby": spec.help ? `${id}-help` : null, ...PAGE_KEYS };
  const label = spec.kind === "Region" ? element("span", { id }, `${spec.label} (%)`) : element("label", { for: id }, spec.label);
  const output = element("output", { for: id });
  const made = KINDS[spec.kind](spec, changed, common, output);
  const row = element("div", { class: `dcv-control dcv-${spec.kind}` }, element("div", {}, label, help), made.input, output);
  if (made.travel) droppable(row, made.input, changed);
  return { row, ...made };
}

function choice({ options }, changed, common) {
  const input = element("select", common, ...options.map((option) => element("option", {}, option)));
  input.addEventListener("change", () => changed(options[input.selectedIndex]));
  return { input, show: (value) => { input.selectedIndex = options.indexOf(value); } };
}

function toggle(_, changed, common) {
  const input = element("input", { type: "checkbox", role: "switch", ...common });
  input.addEventListener("change", () => changed(input.checked));
  return { input, show: (value) => { input.checked = value; } };
}

/** The four sides of a region, in percent. */
function sides(_, changed, { id, "aria-describedby": described }) {
  let box = ALL; // what the numbers show rounded
  const numbers = ["top", "bottom", "left", "right"].map((name, k) => {
    const side = element("input", { type: "number", min: 0, max: 100, step: "any", ...PAGE_KEYS });
    side.addEventListener("input", () => { box = Object.assign([...box], { [k]: side.valueAsNumber / 100 }); changed(box); });
    return element("label", {}, name, side);
  });
  const input = element("fieldset", { "aria-labelledby": id, "aria-describedby": described }, ...numbers);
  const show = (value) => { box = value; numbers.forEach(({ control: side }, k) => { side.value = Number((100 * box[k]).toFixed(1)); }); };
  return { input, show };
}

/** A file; `travel(share)` shows how much of it has arrived, or with null that none is on its way. */
function upload({ label }, changed, common, output) {
  const name = element("span"), bar = element("progress", { "aria-label": `${label}, on its way`, class: "dcv-unused", value: 0 });
  output.append(name, bar);
  output.id = `${common.id}-file`;
  const described = [common["aria-describedby"], output.id].filter(Boolean).join(" ");
  const input = element("input", { type: "file", ...common, "aria-describedby": described });
  const show = (value) => { name.textContent = name.title = value || "no file yet"; if (!value) input.value = ""; };
  const travel = (share, file = "") => { bar.value = share || 0; bar.classList.toggle("dcv-unused", share === null); if (file) name.textContent = file; };
  input.addEventListener("change", () => input.files.length && changed(input.files[0]));
  return { input, show, travel };
}

/** A file may be dropped anywhere in the row; elsewhere in it the browser would open it. */
function droppable(row, input, changed) {
  row.addEventListener("dragover", (event) => event.preventDefault());
  row.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!input.disabled && event.dataTransfer.files.length) changed((input.files = event.dataTransfer.files)[0]);
  });
}

function slider(spec, changed, common, output) {
  const { count, at, nearest } = scale(spec);
  const input = element("input", { type: "range", min: 0, max: count, step: 1, ...common });
  const say = (text) => { output.textContent = text; input.setAttribute("aria-valuetext", text); };
  const show = (value) => { input.value = nearest(value); say(spoken(spec, value)); };
  input.addEventListener("input", () => { const value = at(Number(input.value)); say(spoken(spec, value)); changed(value); });
  return { input, show, say };
}
