// The colours of the codes that a picture comes as.

const BELOW = 0; // codes for what no grey level can show
const ABOVE = 254;
const LOST = 255;

/** The 256 colours of the codes, as 32-bit pixels. */
export function palette(rgb, mark) {
  const table = new Uint32Array(256), bytes = new Uint8ClampedArray(table.buffer);
  const put = (code, r, g, b) => bytes.set([r, g, b, 255], 4 * code);
  for (let k = 0; k < 253; k++) {
    const grey = Math.round((k * 255) / 252);
    if (rgb.byteLength) put(k + 1, rgb.getUint8(3 * k), rgb.getUint8(3 * k + 1), rgb.getUint8(3 * k + 2));
    else put(k + 1, grey, grey, grey);
  }
  table[BELOW] = table[1];
  table[ABOVE] = table[253];
  if (mark) { put(BELOW, 0, 114, 178); put(ABOVE, 230, 120, 0); }
  put(LOST, 204, 0, 153);
  return table;
}

/** Pixels of three codes each; one code that is marked marks the pixel. */
export function mix(codes, target, table, mark) {
  const level = Uint8Array.from(table, (pixel) => pixel & 255); // grey: any of its three bytes
  level[BELOW] = 0;
  level[ABOVE] = 255;
  const marked = (r, g, b, code) => r === code || g === code || b === code;
  for (let i = 0, k = 0; i < target.length; i++, k += 3) {
    const r = codes[k], g = codes[k + 1], b = codes[k + 2];
    if (marked(r, g, b, LOST)) target[i] = table[LOST];
    else if (mark && marked(r, g, b, ABOVE)) target[i] = table[ABOVE];
    else if (mark && marked(r, g, b, BELOW)) target[i] = table[BELOW];
    else target[i] = level[r] | (level[g] << 8) | (level[b] << 16) | 0xff000000;
  }
}
