/** Histograms over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Sizes and bins; see mod.ts. */
export interface HistogramParams {
  /** N·P. */
  readonly rows: number;
  /** C. */
  readonly columns: number;
  readonly bins: number;
  readonly low: number;
  /** Bins per unit. */
  readonly scale: number;
  readonly leastLabel: number;
}

const { floor, fround, max, min } = Math;

/**
 * counts[c][b] = values of column c in bin b, over the rows that count. Rounded to float32 at each step
 * whatever the arrays hold, so that a value at an edge falls into the same bin on all devices.
 */
export function histogram(
  { values, labels, names, counts }: {
    values: FloatArray;
    labels: Int32Array;
    names: Int32Array;
    counts: Int32Array;
  },
  { rows, columns, bins, low, scale, leastLabel }: HistogramParams,
): void {
  const first = fround(low), perUnit = fround(scale);
  counts.fill(0);
  for (let row = 0; row < rows; row++) {
    if (labels[row]! < leastLabel || names[row]! < 0) continue;
    for (let column = 0; column < columns; column++) {
      const value = fround(values[row * columns + column]!);
      if (!Number.isFinite(value)) continue;
      const bin = floor(fround(fround(value - first) * perUnit));
      counts[column * bins + max(0, min(bin, bins - 1))]! += 1;
    }
  }
}
