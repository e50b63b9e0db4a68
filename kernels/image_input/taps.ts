/**
 * Weights of Pillow's antialiased bilinear resize of 8-bit images (libImaging/Resample.c: the triangle filter,
 * coefficients rounded to units of 2^-22), bit for bit.
 * @module
 */

/** Fractional bits of a weight: 32 minus the bits of a pixel minus two for the sum. */
const PRECISION_BITS = 22;

/** Weights along one axis. */
export interface Taps {
  /** `[outSize, stride]`: the first input position, how many, and their weights; the rest of a row is 0. */
  readonly table: Int32Array<ArrayBuffer>;
  readonly stride: number;
}

/** The weights that make `outSize` positions of `inSize`, both at least 1. Equal sizes give weights of 1. */
export function resampleTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  // Shrinking stretches the filter over all input that an output covers; growing does not narrow it.
  const support = Math.max(1, scale);
  const stride = Math.ceil(support) * 2 + 1 + 2;
  const table = new Int32Array(outSize * stride);
  const weights = new Float64Array(stride);
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - first;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const distance = Math.abs((i + first - center + 0.5) * (1 / support));
      weights[i] = distance < 1 ? 1 - distance : 0;
      sum += weights[i]!;
    }
    table[out * stride] = first;
    table[out * stride + 1] = count;
    for (let i = 0; i < count; i++) {
      const weight = sum === 0 ? weights[i]! : weights[i]! / sum;
      table[out * stride + 2 + i] = Math.trunc(0.5 + weight * (1 << PRECISION_BITS));
    }
  }
  return { table, stride };
}
