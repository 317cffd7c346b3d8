// The positions of a slider, the value at each, and how a value is read out.

/** Positions 0..count of a slider, and the value at each: its two ends, and whole steps from where it starts. */
export function scale({ kind, value: start, low, high, step, positions }) {
  if (positions) return listed(positions);
  const log = kind === "LogSlider", to = log ? Math.log10 : Number;
  const steps = (value) => (to(value) - to(start)) / step;
  const until = (end) => (end === start ? 0 : Math.max(1, Math.ceil(Math.abs(steps(end)) - 0.1))); // none is a tenth of a step
  const below = until(low), count = below + until(high);
  const places = Math.min(100, Math.max(0, 6 - Math.floor(Math.log10(step)))); // what is rounded away is far below a step
  const digits = Math.min(17, Math.max(3, Math.ceil(1.4 - Math.log10(step))));
  const between = (k) => Number(log ? (start * 10 ** (k * step)).toPrecision(digits) : (start + k * step).toFixed(places));
  const at = (k) => {
    if (k === below) return start;
    if (k <= 0) return low;
    if (k >= count) return high;
    return Math.min(high, Math.max(low, between(k - below)));
  };
  const nearest = (value) => Math.min(count, Math.max(0, below + Math.round(steps(value))));
  return { count, at, nearest: (value) => (value >= high ? count : value <= low ? 0 : nearest(value)) };
}

/** The scale of a slider whose positions are listed, as on a page where they were computed ahead. */
function listed(positions) {
  const nearer = (value) => (best, position, k) => (Math.abs(position - value) < Math.abs(positions[best] - value) ? k : best);
  return { count: positions.length - 1, at: (k) => positions[k], nearest: (value) => positions.reduce(nearer(value), 0) };
}

export function spoken({ kind, step, unit }, value) {
  let text;
  if (kind === "LogSlider") text = value >= 0.01 && value < 1000 ? String(Number(value.toPrecision(2))) : value.toExponential(1).replace("e+", "e");
  else text = value.toFixed(Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9))));
  return unit ? `${text} ${unit}` : text;
}
