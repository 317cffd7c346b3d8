// The ends and ticks of an axis.

const superscript = (n) => `10${String(n).split("").map((c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]).join("")}`;

const brief = (v) => {
  const text = String(Number(v.toPrecision(6)));
  return text.length <= 5 ? text : String(Number(v.toPrecision(3)).toExponential()).replace("e+", "e");
};

/** Ends and ticks of an axis that hold `values`; the ends move in whole decades or round steps, so that they rarely move. */
export function axis(values, log, limits) {
  let [low, high] = limits || [Infinity, -Infinity];
  if (!limits) for (const v of values) if (Number.isFinite(v) && (!log || v > 0)) { low = Math.min(low, v); high = Math.max(high, v); }
  if (!(low <= high)) [low, high] = log ? [0.1, 1] : [0, 1];
  if (log) {
    let [a, b] = [Math.log10(low), Math.log10(high)];
    if (!limits) { b = Math.ceil(b - 1e-6); a = Math.max(Math.floor(a + 1e-6), b - 12); }
    if (b <= a) b = a + 1;
    const every = Math.ceil((b - a) / 6), ticks = [];
    for (let t = Math.ceil(a); t <= b + 1e-9; t += every) ticks.push([10 ** t, superscript(t)]);
    return { ticks, at: (v) => (v > 0 ? (Math.log10(v) - a) / (b - a) : -Infinity) };
  }
  if (high === low) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const every = power * [1, 2, 2.5, 5, 10].find((m) => m * power >= rough * 0.999), ticks = [];
  if (!limits) { low = Math.floor(low / every + 1e-6) * every; high = Math.ceil(high / every - 1e-6) * every; }
  for (let t = Math.ceil(low / every - 1e-9); t * every <= high + every * 1e-9; t++) ticks.push([t * every, brief(t * every)]);
  return { ticks, at: (v) => (v - low) / (high - low) };
}
