/** Binary cross-entropy over sampled anchors, over typed arrays; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** N images of R anchors of which B are sampled. */
export interface BceParams {
  readonly images: number;
  readonly anchors: number;
  readonly samples: number;
}

/** terms[n, b] = max(x, 0) − x·y + log(1 + exp(−|x|)), 0 where the index is negative. */
export function forward(
  { logits, labels, indices, terms }: {
    logits: FloatArray;
    labels: Int32Array;
    indices: Int32Array;
    terms: FloatArray;
  },
  { images, anchors, samples }: BceParams,
): void {
  for (let i = 0; i < images * samples; i++) {
    terms[i] = 0;
    if (indices[i]! < 0) continue;
    const at = Math.floor(i / samples) * anchors + indices[i]!;
    const x = logits[at]!;
    terms[i] = Math.max(x, 0) - x * labels[at]! + Math.log1p(Math.exp(-Math.abs(x)));
  }
}

/** dLogits[n, indices[n, b]] = dOut · (sigmoid(x) − y) / count; the rest is left alone. */
export function backwardLogits(
  { dOut, logits, labels, indices, count, dLogits }: {
    dOut: FloatArray;
    logits: FloatArray;
    labels: Int32Array;
    indices: Int32Array;
    count: FloatArray;
    dLogits: FloatArray;
  },
  { images, anchors, samples }: BceParams,
): void {
  const factor = dOut[0]! / count[0]!;
  for (let i = 0; i < images * samples; i++) {
    if (indices[i]! < 0) continue;
    const at = Math.floor(i / samples) * anchors + indices[i]!;
    dLogits[at] = factor * (1 / (1 + Math.exp(-logits[at]!)) - labels[at]!);
  }
}
