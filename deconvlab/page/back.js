// The slider that goes back through the steps of a run.

import { control } from "./controls.js";

/** `want()` is called when a person has moved it; `update` shows what a picture's header says of its step. */
export function backSlider(want) {
  let steps = []; // that can be gone back to
  const spec = { kind: "Slider", label: "iteration", help: "slide back through the run", value: 0, low: 0, high: 1, step: 1 };
  const { row, input, say } = control(spec, () => { say(String(step())); want(); });
  const step = () => steps[Number(input.value)];
  row.classList.add("dcv-back");
  row.hidden = true;

  function update(header, latest) {
    row.hidden = (header.step ?? null) === null; // JupyterLite makes undefined of Python's None
    if (row.hidden) return;
    input.disabled = !header.steps.length;
    if (header.steps.length) {
      steps = header.steps;
      input.max = steps.length - 1;
      if (latest) input.value = steps.reduce((best, known, k) => (known <= header.step ? k : best), 0);
    }
    say(String(header.step));
  }
  return { row, step, update };
}
