// The long work behind the button "Full size", and files that the page saves.

import { button, element } from "./element.js";

export function fullSize(model, { send, values, say, announce }) {
  const full = button("Full size", { title: "Compute the whole picture, which takes longer, and save it as a PNG file with the settings" });
  const halt = button("Stop", { "aria-label": "Stop full size" }), share = element("span"), bar = element("progress", { value: 0 });
  const work = element("div", { class: "dcv-work dcv-unused" }, element("label", {}, share, bar), halt);
  full.addEventListener("click", () => full.getAttribute("aria-disabled") === "true" || send({ kind: "full", values: values() }));
  halt.addEventListener("click", () => { share.textContent = "stopping…"; send({ kind: "halt" }); });

  const offer = () => { full.hidden = work.hidden = !model.get("full"); };
  model.on("change:full", offer);
  offer();
  function working({ share: done, ended, error }) {
    if (ended && document.activeElement === halt) full.focus();
    if (ended && full.getAttribute("aria-disabled") === "true") announce("full size: ended");
    full.setAttribute("aria-disabled", String(!ended));
    work.classList.toggle("dcv-unused", Boolean(ended));
    bar.value = ended ? 0 : done;
    share.textContent = ended ? "" : `full size: ${Math.round(100 * done)} %`;
    if (error) say(error);
    if (!ended) send({ kind: "seen" }); // or the kernel takes this page for closed, and stops
  }
  function lost() {
    full.disabled = true;
    working({ ended: true });
  }
  return { button: full, work, working, lost, close: () => model.off("change:full", offer) };
}

export function download({ name }, [bytes]) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
