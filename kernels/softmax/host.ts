/** Softmax over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** out[m, c] = exp(x[m, c] − max) / Σ exp(x[m, ·] − max). */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  { rows, classes }: { rows: number; classes: number },
): void {
  for (let m = 0; m < rows; m++) {
    const first = m * classes, end = first + classes;
    let largest = -Infinity, sum = 0;
    for (let i = first; i < end; i++) largest = Math.max(largest, x[i]!);
    for (let i = first; i < end; i++) sum += Math.exp(x[i]! - largest);
    for (let i = first; i < end; i++) out[i] = Math.exp(x[i]! - largest) / sum;
  }
}
