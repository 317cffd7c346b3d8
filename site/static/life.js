// "Bring it to life": Python in the page of a lesson. A worker runs its cells, from then on they can be changed and run, and
// its labs compute for real. Nothing is fetched before the button is pressed. See worker.js and life.py for the other half.

import { element } from "./element.js";
import { mount } from "./labs.js";

const ROOT = new URL("..", import.meta.url);
const LOADED = 0.6; // the share of the bar that stands for loading; the rest is for the cells

// ---- labs ----------------------------------------------------------------------------------------------------------------

/** A lab of the worker's, as live.js knows it; `say` sends the worker a message. */
function modelOf(id, say) {
  const state = {}, listeners = {};
  const emit = (event, ...what) => [...(listeners[event] || [])].forEach((listener) => listener(...what));
  return {
    get: (name) => state[name],
    on: (event, listener) => (listeners[event] ||= new Set()).add(listener),
    off: (event, listener) => listeners[event]?.delete(listener),
    send: (content, _, buffers = []) => say({ kind: "message", model: id, content: JSON.stringify(content), buffers }, buffers),
    emit,
    update(news) {
      Object.assign(state, news);
      for (const name of Object.keys(news)) emit(`change:${name}`);
    },
  };
}

// ---- cells ---------------------------------------------------------------------------------------------------------------

/** A cell of the page: code that can be edited, and below it what it shows. `run(cell)` is called for a person who wants it. */
function cellOf(node, number, run) {
  const code = node.querySelector(".cell_input pre"), name = `cell ${number}`;
  const area = node.querySelector(".cell_output") || element("div", { class: "cell_output docutils container" });
  const button = element("button", { type: "button", class: "dcv-run-cell", title: "Shift + Enter", "aria-label": `Run ${name}` }, "Run");
  let fresh = false, labs = []; // whether nothing has come yet of this run, and the labs of the run before
  const source = () => code.innerText; // not textContent: the browser writes a new line as <br>
  const cell = { number, name, source, focus: () => code.focus(), begin, text, html, error, lab, end };

  for (const [key, value] of Object.entries({
    contenteditable: "plaintext-only", role: "textbox", "aria-multiline": "true", "aria-label": `Code of ${name}`,
    spellcheck: "false", autocapitalize: "off", translate: "no",
  })) code.setAttribute(key, value);
  if (!code.isContentEditable) code.contentEditable = "true"; // a browser that does not know plain text
  code.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.shiftKey || event.ctrlKey || event.metaKey) run(cell, event.shiftKey);
    else document.execCommand("insertText", false, `\n${indentation()}`); // the one way that Undo knows of
  });
  /** How far the line of the caret is indented, and further after a colon. */
  function indentation() {
    const caret = getSelection(), range = caret.getRangeAt(0).cloneRange();
    caret.collapseToStart();
    caret.modify("extend", "backward", "lineboundary");
    const line = caret.toString();
    caret.removeAllRanges();
    caret.addRange(range);
    return line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
  }
  button.addEventListener("click", () => run(cell));
  node.querySelector(".cell_input").append(button);
  node.append(area);

  function begin() {
    fresh = true;
    area.style.minHeight = `${area.offsetHeight}px`; // the page does not jump while the old makes room for the new
    node.setAttribute("aria-busy", "true");
  }
  function show(kind, ...content) {
    if (fresh) clear();
    area.append(element("div", { class: `output ${kind}` }, ...content));
  }
  function clear() {
    fresh = false;
    labs = [...area.querySelectorAll(".dcv-lab")];
    area.replaceChildren();
  }
  function text({ text: words }) {
    const last = fresh ? null : area.lastElementChild;
    if (last?.matches(".stream")) last.querySelector("pre").append(words);
    else show("stream", element("div", { class: "highlight" }, element("pre", {}, words)));
  }
  function html({ html: page }) {
    const content = element("div");
    content.innerHTML = page;
    show("text_html", content);
  }
  function error({ sentence, traceback }) {
    const way = element("details", {}, element("summary", {}, "Where it happened"), element("pre", {}, traceback));
    show("dcv-error", element("p", { role: "alert" }, sentence), way);
  }
  function lab(model) {
    if (fresh) clear();
    const place = labs.shift() || element("div", { class: "dcv-lab" });
    show("text_html", place);
    mount(place, model);
  }
  function end(ran) {
    if (fresh && ran) clear(); // it shows nothing
    area.style.minHeight = "";
    node.removeAttribute("aria-busy");
  }
  return cell;
}

// ---- the worker ----------------------------------------------------------------------------------------------------------

/** A worker that starts Python; `told` has a function for each kind of message that it sends. */
function python(told) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data: { text, buffers = [] } }) => {
    const { kind, ...rest } = JSON.parse(text);
    told[kind](rest, buffers.map((bytes) => new DataView(bytes.buffer)));
  };
  worker.onerror = (event) => told.failed({ why: event.message || "its worker did not start" });
  return { say: (content, buffers) => worker.postMessage(content, buffers), stop: () => worker.terminate() };
}

/** What the worker loads, and from where. */
async function needed() {
  const answer = await fetch(new URL("wheels/python.json", ROOT));
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
  const { pyodide, packages, wheels } = await answer.json();
  return {
    address: new URL(pyodide, ROOT).href,
    packages,
    wheels: wheels.map((wheel) => new URL(`wheels/${wheel}`, ROOT).href),
    life: new URL("life.py", import.meta.url).href,
  };
}

// ---- the page ------------------------------------------------------------------------------------------------------------

const SAYS = {
  asleep: "Starts Python in this page: sliders take any value, and the code can be changed and run. It loads about 50 MB, once.",
  loading: "Python is loading. You can read on, and change cells already.",
  running: "Python runs the cells of this lesson; each lab is alive once its cell has run.",
  ready: "Python is ready. Change a cell and press Shift + Enter in it.",
  busy: "Python is busy.",
  stopped: "Python has stopped. Run starts it again, from the first cell.",
};
const GOES = { asleep: "Bring it to life", ready: "Run all cells", busy: "Run all cells", stopped: "Start again", failed: "Try again" };

/** The bar of a lesson, and what it starts. */
function bar(nodes) {
  const go = element("button", { type: "button" }), stop = element("button", { type: "button" }, "Stop");
  const words = element("span", { role: "status" }), detail = element("span");
  const progress = element("progress", { "aria-label": "Loading Python and running the cells", max: 1 });
  const root = element("section", { class: "dcv-life", "aria-label": "Python in this page" }, go, stop, progress, words, detail);
  let cells = null, session = null; // the cells, once they can be edited, and the worker with all that lives in it

  function look(state, why) {
    go.textContent = GOES[state] || GOES.asleep;
    go.setAttribute("aria-disabled", String(Boolean(session) && !session.complete));
    if (!session && document.activeElement === stop) go.focus();
    stop.hidden = !session;
    progress.hidden = !session || session.complete;
    words.textContent = why || SAYS[state];
    root.classList.toggle("dcv-failed", Boolean(why));
    root.classList.toggle("dcv-awake", Boolean(cells));
  }
  function far(share, what) {
    progress.value = share;
    detail.textContent = what;
  }

  function start() {
    cells ||= nodes.map((node, k) => cellOf(node, k + 1, want));
    const mine = { models: new Map(), waiting: [...cells], running: null, loaded: false, complete: false };
    const heard = (handler) => (...what) => mine === session && handler(...what); // a stopped one says no more
    const said = (show) => heard((what) => mine.running?.[show](what)); // what is printed between two cells has no place
    mine.worker = python({
      stage: heard(({ name, share }) => far(LOADED * share, `Loading ${name} …`)),
      ready: heard(() => { mine.loaded = true; look("running"); next(); }),
      text: said("text"),
      html: said("html"),
      error: said("error"),
      lab: heard(({ model }) => mine.running?.lab(mine.models.get(model))),
      state: heard(({ model: id, state }) => {
        if (!mine.models.has(id)) mine.models.set(id, modelOf(id, mine.worker.say));
        mine.models.get(id).update(state);
      }),
      message: heard(({ model, content }, buffers) => mine.models.get(model).emit("msg:custom", content, buffers)),
      done: heard(() => { mine.running.end(true); mine.running = null; next(); }),
      failed: heard(failed),
    });
    session = mine;
    far(0, "");
    look("loading");
    needed().then((what) => mine.worker.say({ kind: "start", ...what }), (error) => heard(failed)({ why: error.message }));
  }
  function failed({ why }) {
    end("failed", session.loaded ? `Python has failed: ${why}.` : `Python could not be loaded: ${why}. The sliders still move as computed ahead.`);
  }

  /** Run the next cell that waits. */
  function next() {
    const cell = session.waiting.shift();
    if (!cell) {
      session.complete = true;
      far(1, "");
      return look("ready");
    }
    if (!session.complete) far(LOADED + (1 - LOADED) * (cell.number / cells.length), `Running ${cell.name} of ${cells.length} …`);
    else { look("busy"); far(1, `Running ${cell.name} …`); }
    session.running = cell;
    cell.begin();
    session.worker.say({ kind: "run", name: cell.name, source: cell.source() });
  }

  function want(cell, onward) {
    if (onward) cells[cells.indexOf(cell) + 1]?.focus();
    if (!session) return start();
    if (!session.waiting.includes(cell)) session.waiting.push(cell);
    if (session.loaded && !session.running) next();
  }

  function end(state, why) {
    const { worker, models, running } = session;
    session = null;
    worker.stop();
    running?.end(false);
    for (const model of models.values()) model.emit("comm_live_update"); // live.js says that nobody answers any more
    far(0, "");
    look(state, why);
  }

  go.addEventListener("click", () => {
    if (!session) start();
    else if (session.complete) cells.forEach((cell) => want(cell));
  });
  stop.addEventListener("click", () => end("stopped"));
  look("asleep");
  return root;
}

const nodes = [...document.querySelectorAll(".cell:has(.cell_input)")];
if (nodes.length && !document.querySelector(".dcv-computer")) document.querySelector("article").prepend(bar(nodes));
