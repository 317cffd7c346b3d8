// What is asked of the kernel, and what becomes of its answers: the newest values only, and at most two requests on their way.

import { watchKernel, ways } from "./ways.js";

const QUICK = 0.02; // seconds of computing up to which two requests may be on their way

/** The requests for pictures: `ask(number, seeking)` sends one, for a step of the run or for new values; `late()` says that it takes long. */
function requests(ask, late) {
  const pending = new Map(); // the number of each, and whether it is for a step
  let sequence = 0, last = 0, room = 1, gone = false, slow; // `last` of those answered; `room`: how many may be on their way
  let wanted = false, seeking = false; // whether something has changed since the last, and is a step that shall be gone back to
  function request() {
    if (pending.size >= room || !wanted || gone) return;
    wanted = false;
    pending.set(++sequence, seeking);
    clearTimeout(slow);
    slow = setTimeout(late, 1000);
    ask(sequence, seeking);
    seeking = false;
  }
  function want(step = false) { // a picture for the values, or one of the steps before
    seeking = step;
    wanted = true;
    request();
  }
  function forgo() { // what was asked for the other way may never be answered: ask again
    if (!pending.size || wanted) return void pending.clear();
    seeking = [...pending.values()].at(-1);
    wanted = true;
    pending.clear();
  }
  function answered({ seq, took }) {
    last = seq ?? last;
    if (!pending.delete(seq)) return false;
    if (!pending.size) clearTimeout(slow);
    room = took < QUICK ? 2 : 1; // a second one on its way hides the time that messages take, but delays what comes after a slow one
    request();
    return true;
  }
  function close() {
    gone = true;
    clearTimeout(slow);
  }
  // A newer answer has come. Until then even one for values that are no more is shown: the kernel sends only what has
  // changed since its last message.
  const old = ({ seq }) => seq < last;
  const newest = (mine, seq) => !wanted && (mine ? seq === sequence : !pending.size); // no control has moved since
  return { request, want, forgo, answered, old, newest, busy: () => gone || pending.size > 0, close };
}

/**
 * What a view of a lab and its kernel say to each other. The page says what to ask for (`question`) and hears what comes:
 * `show` a picture, `follow` the values, `say` a sentence, `told` by the kind of message, `rested` when no more is on its way.
 */
export function engine(model, view, page) {
  const asks = requests((seq, seeking) => way.send({ ...page.question(seeking), seq }), () => page.say("Computing…"));
  const way = ways(model, view, { receive, lost, forgo: asks.forgo, request: asks.request });
  const unwatch = watchKernel(model, lost);
  function receive(content, buffers) {
    const mine = content.view === view, special = { ...page.told, offer: way.offered }[content.kind];
    if (special) {
      if (mine) special(content, buffers);
      return;
    }
    if (mine && asks.old(content)) return;
    if (content.error) {
      if (mine || !content.view) page.say(content.error); // without a view it is for all: there is no picture
      if (mine) answered(content);
      return;
    }
    const latest = asks.newest(mine, content.seq);
    if (latest) page.follow(content.values);
    if (mine) answered(content); // first, so that the next picture is computed while this one is drawn
    page.show(content, buffers, latest);
    if (content.more) way.send({ kind: "seen" }); // or the kernel takes this page for closed, and stops
  }
  function answered(content) {
    if (asks.answered(content)) page.rested();
  }
  function lost() {
    asks.close();
    way.hangUp();
    page.lost();
  }
  function close() {
    asks.close();
    way.close();
    unwatch();
  }
  return { send: way.send, hello: way.hello, want: asks.want, busy: asks.busy, close };
}
