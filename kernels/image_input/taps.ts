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

/**
 * The weights that make `outSize` positions of `inSize`, both at least 1. Equal sizes give one weight of 1 each:
 * weights that are rounded to 0 at the ends are left out.
 */
export function resampleTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  // Shrinking stretches the filter over all input that an output covers; growing does not narrow it.
  const support = Math.max(1, scale);
  const lines = Array.from({ length: outSize }, (_, out) => {
    const center = (out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inSize, Math.trunc(center + support + 0.5));
    return withoutZeros(first, roundedWeights({ first, end, center, support }));
  });
  const stride = 2 + lines.reduce((most, { weights }) => Math.max(most, weights.length), 0);
  const table = new Int32Array(outSize * stride);
  lines.forEach(({ first, weights }, out) =>
    table.set([first, weights.length, ...weights], out * stride)
  );
  return { table, stride };
}

/** The triangle filter's weights of positions first … end − 1, in units. */
function roundedWeights(
  { first, end, center, support }: { first: number; end: number; center: number; support: number },
): number[] {
  const weights = Array.from({ length: end - first }, (_, i) => {
    const distance = Math.abs((i + first - center + 0.5) * (1 / support));
    return distance < 1 ? 1 - distance : 0;
  });
  const sum = weights.reduce((before, weight) => before + weight, 0);
  return weights.map((weight) =>
    Math.trunc(0.5 + (sum === 0 ? weight : weight / sum) * (1 << PRECISION_BITS))
  );
}

/** At least one weight stays. */
function withoutZeros(first: number, weights: number[]): { first: number; weights: number[] } {
  let start = 0, end = weights.length;
  while (end - start > 1 && weights[end - 1] === 0) end--;
  while (end - start > 1 && weights[start] === 0) start++;
  return { first: first + start, weights: weights.slice(start, end) };
}
