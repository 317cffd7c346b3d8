// Python in a thread of its own, so that the page stays quick while it computes: Pyodide, no Jupyter. See life.py for what
// runs in it, and life.js for the page.

let python;

/** Tell the page how far the loading is; `share` from 0 to 1. */
const stage = (name, share) => self.postMessage({ text: JSON.stringify({ kind: "stage", name, share }) });

/** Count the files that Pyodide asks for and those that are there, and keep what went wrong: Pyodide goes on without. */
function counted(done) {
  const ask = self.fetch, found = { asked: 0, here: 0, trouble: null, end: () => { self.fetch = ask; } };
  async function fetched(address, ...how) {
    const response = await ask(address, ...how);
    if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
    if (response.headers.get("Content-Type") === "application/wasm") return response; // compiled while it arrives
    const bytes = await response.arrayBuffer();
    found.here += 1;
    done(found);
    return new Response(bytes, response);
  }
  self.fetch = (...what) => {
    found.asked += 1;
    return fetched(...what).catch((error) => {
      found.trouble ||= error instanceof TypeError ? new Error(`${what[0]} could not be fetched`) : error;
      throw error;
    });
  };
  return found;
}

async function start({ address, packages, wheels, life }) {
  stage("Python", 0);
  const files = counted(({ here, asked }) => stage(`Python and its packages, ${here} of ${asked} files`, 0.5 * (here / asked)));
  const { loadPyodide } = await import(`${address}pyodide.mjs`);
  self.post = (text, buffers) => self.postMessage({ text, buffers }, buffers.map((bytes) => bytes.buffer));
  python = await loadPyodide({ indexURL: address, packages: [...packages, ...wheels] });
  const source = await (await fetch(life)).text();
  files.end();
  if (files.trouble) throw files.trouble;
  python.runPython(source, { filename: "life.py" });
  const steps = [...python.globals.get("STAGES")], begin = python.globals.get("begin")();
  for (const name of begin) {
    stage(name, 0.5 + 0.5 * (steps.indexOf(name) / steps.length));
    await new Promise((go) => setTimeout(go)); // let the message out before the import holds this thread
  }
  self.postMessage({ text: JSON.stringify({ kind: "ready" }) });
}

const handlers = {
  start,
  run: ({ source, name }) => python.globals.get("run")(source, name).then(() => self.postMessage({ text: JSON.stringify({ kind: "done", name }) })),
  message: ({ model, content, buffers }) => python.globals.get("receive")(model, content, buffers),
};

self.onmessage = async ({ data }) => {
  try {
    await handlers[data.kind](data);
  } catch (error) { // Python itself has failed: errors of cells and labs are told by life.py and live.py
    self.postMessage({ text: JSON.stringify({ kind: "failed", why: String(error.message || error).trim().split("\n").pop() }) });
  }
};
