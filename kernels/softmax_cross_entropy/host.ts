/** Softmax cross-entropy over typed arrays; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** M rows of C classes. */
export interface ClassRows {
  readonly rows: number;
  readonly classes: number;
}

/** terms[m] = log Σ exp(x) − x[label], 0 where the label is negative; logSums[m] = log Σ exp(x). */
export function forward(
  { logits, labels, terms, logSums }: {
    logits: FloatArray;
    labels: Int32Array;
    terms: FloatArray;
    logSums: FloatArray;
  },
  { rows, classes }: ClassRows,
): void {
  for (let m = 0; m < rows; m++) {
    const first = m * classes;
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits[first + c]!);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[first + c]! - largest);
    const logSum = largest + Math.log(sum);
    logSums[m] = logSum;
    terms[m] = labels[m]! < 0 ? 0 : logSum - logits[first + labels[m]!]!;
  }
}

/** dLogits = dOut · (softmax − one-hot) / count; 0 where the label is negative. */
export function backwardLogits(
  { dOut, logits, labels, logSums, count, dLogits }: {
    dOut: FloatArray;
    logits: FloatArray;
    labels: Int32Array;
    logSums: FloatArray;
    count: FloatArray;
    dLogits: FloatArray;
  },
  { rows, classes }: ClassRows,
): void {
  const factor = dOut[0]! / Math.max(1, count[0]!);
  for (let m = 0; m < rows; m++) {
    const first = m * classes, label = labels[m]!;
    if (label < 0) {
      dLogits.fill(0, first, first + classes);
      continue;
    }
    const logSum = logSums[m]!;
    for (let i = first; i < first + classes; i++) {
      dLogits[i] = factor * Math.exp(logits[i]! - logSum);
    }
    dLogits[first + label]! -= factor;
  }
}
