// The page's half of a lab: what each part does for the others. live.py is the other half.

import { backSlider } from "./back.js";
import { display } from "./display.js";
import { button, element, ids } from "./element.js";
import { engine } from "./engine.js";
import { form } from "./form.js";
import { download, fullSize } from "./fullsize.js";
import { pointed, sight } from "./sight.js";
import { followTheme } from "./theme.js";
import { uploads } from "./uploads.js";

function render({ model, el }) {
  const root = element("div", { class: "dcv" }), probe = element("p", { class: "dcv-probe" });
  const message = element("p", { class: "dcv-message", role: "alert" }), said = element("p", { class: "dcv-said", role: "status" });
  const say = (text) => { message.textContent = text; }, announce = (text) => { said.textContent = text; };
  const send = (...what) => lab.send(...what);

  const controls = form(model.get("spec"), { moved: () => lab.want(), take: (...file) => files.take(...file), looked: () => shown.look() });
  const files = uploads(controls, send, say);
  const pointer = pointed(probe, send, () => lab.busy());
  const zoom = sight(() => shown.look());
  const shown = display(root, { zoom, region: controls.region, probe: pointer.probe }, announce);
  const back = backSlider(() => lab.want(true));
  const full = fullSize(model, { send, values: controls.values, say, announce });
  const { more, save, reset } = buttons(model, send, shown);
  const lab = engine(model, ids(), {
    question: (seeking) => (seeking ? { kind: "step", step: back.step() } : { kind: "tick", values: controls.values() }),
    told: { pixel: pointer.told, file: download, arrived: files.arrived, share: full.working },
    say, follow: controls.follow, rested: pointer.ask, show, lost,
  });

  function show(content, buffers, latest) {
    shown.draw(content, buffers);
    say("");
    back.update(content, latest);
    more.hidden = !content.more;
  }
  function lost() {
    say("The kernel has gone. Run this cell to bring the sliders back.");
    controls.disable();
    reset.disabled = true;
    files.stop();
    full.lost();
  }
  reset.addEventListener("click", () => { files.forget(); controls.reset(); zoom.set(); lab.want(); });

  const bar = element("div", { class: "dcv-buttons" }, shown.compare, shown.mark, full.button, save, reset);
  const foot = element("div", { class: "dcv-foot" }, shown.numbers, more, element("div", {}, bar, full.work));
  root.append(controls.root, shown.panels, back.row, probe, foot, message, said);
  el.replaceChildren(root);
  controls.show();
  const unfollow = followTheme(root, shown.redraw);
  lab.hello();
  return () => [lab.close, shown.close, full.close, unfollow].forEach((close) => close());
}

/** What stands beside the numbers: that a better picture is being computed, with Stop; Save; Reset. */
function buttons(model, send, shown) {
  const stop = button("Stop", { title: "Keep this picture, do not improve it further" });
  const played = Boolean(model.get("played")); // a page without a kernel cannot save
  const save = button("Save", { title: "The pictures as a PNG file, with the settings in its text fields", hidden: played });
  const reset = button("Reset", { title: "Back to the first values, and to the whole picture" });
  stop.addEventListener("click", () => send({ kind: "stop" }));
  save.addEventListener("click", () => shown.empty() || send({ kind: "save" }));
  return { more: element("span", { class: "dcv-more", hidden: "" }, "improving…", stop), save, reset };
}

export default { render };
