// The labs of a page. Each shows its still until it comes near the window; then its sliders move, with pictures that were
// computed ahead, and from a button on with Python in the page (life.js).

import { element } from "./element.js";
import live from "./live.js";
import { played } from "./player.js";

const ROOT = new URL("..", import.meta.url);
const NEAR = "1200px"; // from the window: what comes earlier moves nothing that is being read
const COMPUTER = document.querySelector(".dcv-computer"); // the page of a lesson that no page can run says so
const WHERE = COMPUTER ? "run this lesson on your own computer" : "press “Bring it to life” above, or open this lesson in JupyterLab";
const views = new WeakMap(); // what each lab shows, to be closed when something else takes its place

/** The places of all labs on this page. */
export function labs() {
  return [...document.querySelectorAll(".dcv-lab")];
}

/** Let a model move the lab at a place. What stood there stays until the first picture has come. */
export function mount(el, model) {
  const root = element("div", { hidden: "" }), before = views.get(el) || [];
  el.append(root);
  const close = live.render({ model, el: root });
  views.set(el, [...before, { root, close }]);
  model.on("msg:custom", function shown(content) {
    if (!content.images) return;
    model.off("msg:custom", shown);
    const now = views.get(el), mine = now.findIndex((view) => view.root === root);
    for (const old of now.slice(0, mine)) old.close();
    views.set(el, now.slice(mine));
    el.style.minHeight = `${el.offsetHeight}px`; // so that nothing below moves up
    root.hidden = false;
    el.replaceChildren(...now.slice(mine).map((view) => view.root), ...sentence(model.get("played")));
  });
}

/** What the sliders cannot do before Python has come, and where they can. */
function sentence(about) {
  if (!about) return [];
  const { settings, returns, without, step } = about, within = Math.ceil((100 * (step - 1)) / 2 / 253);
  const star = { sliders: " Move one slider at a time: the others return to their start.", controls: " Move one control at a time: the others return to their start." }[returns] || "";
  const more = ["For any other value", ...(without.length ? [`for ${without.join(", ")}`] : []), "to save pictures or to read their pixels"].join(", ");
  return [note(`Computed ahead for ${settings} settings, grey levels to within ${within} %.${star} ${more}: ${WHERE}.`)];
}

const note = (...children) => element("p", { class: "dcv-note" }, ...children);

async function play(el) {
  if (views.has(el)) return; // Python was faster
  const bar = element("progress", { "aria-label": "The sliders are loaded", value: 0 }), line = note("Loading the sliders … ", bar);
  el.append(line);
  try {
    const model = await played(new URL(`labs/${el.dataset.lab}.bin`, ROOT).href, (share) => { bar.value = share; });
    if (views.has(el)) line.remove();
    else mount(el, model);
  } catch (error) {
    console.info(error);
    if (views.has(el)) return line.remove();
    line.textContent = "These sliders could not be loaded; the picture is a still. Load this page again, or open this lesson in JupyterLab.";
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    play(target);
  }
}, { rootMargin: `${NEAR} 0px` });

for (const el of labs()) near.observe(el);
