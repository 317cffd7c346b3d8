// All controls of a lab, and their values.

import { control } from "./controls.js";
import { element } from "./element.js";

/**
 * A control for each of `spec`. `moved()` is called when a person has changed a value, `take(spec, file)` when one has chosen
 * a file, and `looked()` when other controls may be of use than before.
 */
export function form(spec, { moved, take, looked }) {
  const initial = Object.fromEntries(spec.map((s) => [s.name, s.value])), inputs = {};
  let values = { ...initial }, gone = false;
  for (const s of spec) inputs[s.name] = control(s, (value) => (s.kind === "Upload" ? take(s, value) : move(s.name, value)));
  const root = element("div", { class: "dcv-controls" }, ...spec.map(({ name }) => inputs[name].row));

  function move(name, value) {
    values = { ...values, [name]: value };
    showUsed();
    moved();
  }
  const used = ({ when }) => Object.entries(when).every(([other, allowed]) => allowed.includes(values[other]));
  /** A control that the others make useless is hidden, in its place: nothing jumps, and the Tab key passes over it. */
  function showUsed() {
    for (const s of spec) inputs[s.name].row.classList.toggle("dcv-unused", !used(s));
    looked();
  }
  function show(others = values) {
    values = others;
    for (const name in inputs) inputs[name].show(values[name]);
    showUsed();
  }
  function follow(others) {
    if (JSON.stringify(others) !== JSON.stringify(values)) show(others);
  }
  function disable() {
    gone = true;
    for (const { input } of Object.values(inputs)) input.disabled = true;
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
  return { root, inputs, region, values: () => values, move, show, follow, reset: () => show({ ...initial }), disable };
}
