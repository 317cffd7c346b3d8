// A lab without Python: it answers live.js in place of the kernel, out of a file that site/export.py has computed ahead.
// Messages are those of live.py. Every answer comes later than the question, and in the order of the questions.

const PERIOD = 1000 / 15; // milliseconds between the pictures of an iterative run
const AHEAD = 1 / 3; // of a run's pictures come before the first that is played: live.py, too, iterates before it shows one
const MEMORY = 64e6; // bytes of decoded pictures that all labs of the page keep together
const NEAR = [1, -1, 2, -2, 3, -3]; // positions whose pictures are decoded while the reader looks

// ---- the file ------------------------------------------------------------------------------------------------------------

async function fetched(url, progress) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const size = Number(answer.headers.get("Content-Length")), reader = answer.body.getReader(), parts = [];
  let bytes = 0;
  for (let part; !(part = await reader.read()).done;) {
    parts.push(part.value);
    bytes += part.value.length;
    if (size) progress(Math.min(1, bytes / size));
  }
  return new Blob(parts).arrayBuffer();
}

/** The header of a file, and its blobs by their number. */
async function opened(url, progress) {
  const data = await fetched(url, progress), length = new DataView(data).getUint32(0, true);
  const text = new Blob([data.slice(4, 4 + length)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const header = await new Response(text).json(), starts = [4 + length];
  for (const size of header.blobs) starts.push(starts.at(-1) + size);
  return { ...header, url, blob: (k) => new Uint8Array(data, starts[k], header.blobs[k]) };
}

const files = new Map(); // by address: a lab may be shown twice on a page

function file(url, progress) {
  if (!files.has(url)) files.set(url, opened(url, progress).catch((error) => { files.delete(url); throw error; }));
  return files.get(url);
}

// ---- pictures ------------------------------------------------------------------------------------------------------------

const decoded = new Map(); // promises of codes, by their blob; those used last are at the end
let memory = 0;

/** The codes of a picture. */
function codes(from, image) {
  const { codes: blob, rows, columns, colours } = image, id = `${from.url} ${blob}`;
  const known = decoded.get(id) || { codes: restored(from, image), size: rows * columns * (colours ? 3 : 1) };
  memory += decoded.delete(id) ? 0 : known.size;
  decoded.set(id, known);
  for (const [oldest, { size }] of decoded) {
    if (memory <= MEMORY || oldest === id) break;
    decoded.delete(oldest);
    memory -= size;
  }
  return known.codes;
}

/** What the WebP file of a picture holds, bit by bit, or the steps from the mix of two others: see site/between.py. */
async function restored(from, image) {
  const left = decode(from.blob(image.codes), image.colours), around = from.between[image.codes];
  if (!around) return left;
  const [first, second, level, ...ends] = around, [found, below, above] = await Promise.all([left, ...ends.map((end) => codes(from, { ...image, codes: end }))]);
  if (!below) for (let k = 0; k < found.length; k++) found[k] *= from.step;
  else for (let k = 0; k < found.length; k++) found[k] = from.step * found[k] + Math.floor(first * below[k] + second * above[k] + level + 0.5); // modulo 256
  return found;
}

async function decode(bytes, colours) {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/webp" }), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const { width, height } = bitmap, canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = pen.getImageData(0, 0, width, height), channels = colours ? 3 : 1;
  const found = new Uint8Array(width * height * channels);
  for (let k = 0, at = 0; k < data.length; k += 4) for (let c = 0; c < channels; c++) found[at++] = data[k + c];
  return found;
}

// ---- settings ------------------------------------------------------------------------------------------------------------

const places = ({ kind, options, positions }) => positions || (kind === "Toggle" ? [false, true] : options);

/** What is asked for, and what there is: settings as the index of a position for each control. */
function settings({ spec, settings: known }) {
  const slides = spec.map(({ positions }) => Boolean(positions)), start = spec.map((s) => places(s).indexOf(s.value));
  const numbers = new Map(known.map((setting, k) => [String(setting), k]));
  const values = (setting) => Object.fromEntries(spec.map((s, k) => [s.name, places(s)[setting[k]]]));
  const indices = (asked) => spec.map((s) => places(s).indexOf(asked[s.name]));

  /** A control that is of no use, and not seen, counts as at its start. */
  function seen(setting) {
    const now = values(setting), used = ({ when }) => Object.entries(when).every(([other, allowed]) => allowed.includes(now[other]));
    return setting.map((index, k) => (used(spec[k]) ? index : start[k]));
  }
  /** The setting itself, or of those with the positions of what was `moved` the one most like it: choices count most. */
  function nearest(setting, moved) {
    const wanted = seen(setting);
    if (numbers.has(String(wanted))) return setting;
    const like = (other) => other.reduce((sum, index, k) => sum + (index === wanted[k] ? (moved.includes(k) ? 1e4 : slides[k] ? 1 : 100) : 0), 0);
    return known.reduce((best, other) => (like(other) > like(best) ? other : best));
  }
  return { start, values, indices, nearest, number: (setting) => numbers.get(String(seen(setting))), slides };
}

/** The message of a step back: curves that have grown along with the steps stay whole, with a mark. */
function back(message, last) {
  const curves = last.curves.map((whole, k) => (whole.along ? { ...whole, marks: { ...whole.marks, here: message.step } } : message.curves[k]));
  return message === last ? last : { ...message, curves };
}

// ---- the model -----------------------------------------------------------------------------------------------------------

/** What live.js takes for the kernel's half of a lab, out of the file at this address; `progress` hears how much has come. */
export async function played(url, progress = () => {}) {
  const from = await file(url, progress), { spec, runs, returns, without, step } = from, known = settings(from);
  const traits = { spec, full: false, played: { settings: runs.length, returns, without, step } };
  const listeners = new Set();
  let asked = known.start, given = known.start; // the settings of the last question and of the last answer
  let run = runs[known.number(given)], at = run.length - 1, reached = run.length; // what is shown, and how much of it was
  let sent = null, generation = 0, queue = Promise.resolve();

  const hear = (content, buffers = []) => { for (const listener of [...listeners]) listener(content, buffers); };
  const pictures = (message) => Promise.all(message.images.map((image) => codes(from, image)));

  /** Send a message, without the pictures that the page has, unless a question has come meanwhile that it does not answer. */
  async function publish(message, extra, current = () => true) {
    const found = await pictures(message);
    if (!current()) return;
    const titles = [...message.images, ...message.curves].map(({ title }) => title).join("\n"), buffers = [];
    const images = message.images.map((image, k) => {
      const old = sent?.titles === titles ? sent.images[k] : {}, same = old.codes === image.codes && old.palette === image.palette;
      if (!same) buffers.push(view(found[k]), view(image.palette === null ? new Uint8Array() : from.blob(image.palette)));
      return { ...image, same };
    });
    for (const { parts } of message.curves) buffers.push(view(joined(parts.map(from.blob))));
    sent = { titles, images };
    const more = reached < run.length, steps = more ? [] : stepsOf(run.slice(0, reached));
    hear({ ...message, images, more, steps, values: known.values(given), ...extra }, buffers);
  }

  /** The rest of a run, a picture each `PERIOD`, until something else is asked for. */
  async function play(answer, current) {
    while (current() && reached < run.length) {
      pictures(run[reached]); // are decoded meanwhile
      await new Promise((resolve) => setTimeout(resolve, PERIOD));
      if (current()) await publish(run[(at = reached++)], answer, current);
    }
  }

  /** Decode the pictures at the positions near what was moved, or near all sliders, one after the other. */
  async function prepare(moved, current) {
    const setting = given, sliders = spec.map((_, k) => k).filter((k) => (moved.length ? moved.includes(k) : known.slides[k]));
    for (const far of NEAR) for (const k of sliders) {
      const next = runs[known.number(setting.with(k, setting[k] + far))];
      if (!current()) return;
      if (next) await pictures(next[first(next)]);
    }
  }

  const kinds = {
    async hello(_, current) {
      sent = null;
      await publish(run[at]);
      prepare([], current);
    },
    async tick({ values, view, seq }, current) {
      const start = performance.now(), wanted = known.indices(values);
      const moved = wanted.flatMap((index, k) => (index !== asked[k] && index !== given[k] ? [k] : []));
      asked = wanted;
      given = known.nearest(wanted, moved);
      run = runs[known.number(given)];
      at = first(run);
      reached = at + 1;
      await publish(run[at], { view, seq, took: (performance.now() - start) / 1000 });
      play({ view, seq }, current);
      prepare(moved, current);
    },
    async step({ step, view, seq }) {
      const shown = run.slice(0, reached), far = (k) => Math.abs(shown[k].step - step);
      at = shown.reduce((best, _, k) => (far(k) < far(best) ? k : best), 0);
      await publish(back(shown[at], shown.at(-1)), { view, seq, took: 0 });
    },
    async stop() {
      run = run.slice(0, reached);
      await publish(run[at]);
    },
  };

  return {
    get: (name) => traits[name],
    on(name, listener) { if (name === "msg:custom") listeners.add(listener); },
    off(name, listener) { if (name === "msg:custom") listeners.delete(listener); },
    send({ kind, ...content }) {
      if (!kinds[kind]) return; // the page has seen a picture, or asks for what is not there without a kernel
      const mine = kind === "hello" ? generation : ++generation;
      const wrong = () => hear({ view: content.view, seq: content.seq, error: "This picture could not be read." });
      queue = queue.then(() => kinds[kind](content, () => mine === generation)).catch(wrong);
    },
  };
}

const first = (run) => Math.floor(AHEAD * (run.length - 1)); // of the pictures that are played
const stepsOf = (run) => run.map(({ step }) => step).filter((step) => step !== null);
const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((start, part) => (all.set(part, start), start + part.length), 0);
  return all;
}
