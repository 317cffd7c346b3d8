// Files on their way to the kernel: a piece at a time, each once the one before has arrived.

import { ids } from "./element.js";

export function uploads(form, send, say) {
  const travelling = {}; // by the name of their control
  function take({ name, label, most, piece }, file) {
    if (file.size > most) {
      say(`${label}: got ${file.name} with ${Math.round(file.size / 1e6)} MB, expected at most ${most / 1e6} MB: crop it, or save it smaller`);
      form.inputs[name].input.value = "";
      return;
    }
    travelling[name] = { id: ids(), file, piece };
    sendPiece(name, 0);
  }
  async function sendPiece(name, start) {
    const { id, file, piece } = travelling[name];
    form.inputs[name].travel(file.size ? start / file.size : 1, file.name);
    try {
      const bytes = await file.slice(start, start + piece).arrayBuffer();
      if (travelling[name]?.id === id) send({ kind: "piece", control: name, id, name: file.name, size: file.size, start }, [bytes]);
    } catch (error) { // moved, or changed, since it was chosen
      arrived({ control: name, id, done: true, error: `${file.name}: ${error.message}` });
    }
  }
  function arrived({ control: name, id, bytes, done, error }) {
    if (travelling[name]?.id !== id) return; // a newer one is on its way
    if (!done) return void sendPiece(name, bytes);
    const { file } = travelling[name], { input, show } = form.inputs[name];
    leave(name);
    if (error) { say(error); input.value = ""; show(form.values()[name]); }
    else { show(file.name); form.move(name, file.name); }
  }
  function leave(name) {
    delete travelling[name];
    form.inputs[name].travel(null);
  }
  const stop = () => Object.keys(travelling).forEach(leave);
  function forget() {
    stop();
    if (Object.values(form.inputs).some(({ travel }) => travel)) send({ kind: "forget" });
  }
  return { take, arrived, stop, forget };
}
