/** SmoothL1 losses over typed arrays; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** N images of R anchors of which B are sampled. */
export interface AnchorParams {
  readonly images: number;
  readonly anchors: number;
  readonly samples: number;
  readonly beta: number;
}

/** M rows of `width` columns. */
export interface RoiParams {
  readonly rows: number;
  readonly width: number;
  readonly agnostic: boolean;
  readonly beta: number;
}

/** |d| < beta: d²/(2·beta), else |d| − beta/2. */
function penalty(difference: number, beta: number): number {
  const size = Math.abs(difference);
  return size < beta ? 0.5 * difference * (difference / beta) : size - 0.5 * beta;
}

/** Derivative of {@link penalty}. */
function slope(difference: number, beta: number): number {
  return Math.abs(difference) < beta ? difference / beta : Math.sign(difference);
}

interface AnchorArrays {
  readonly pred: FloatArray;
  readonly targets: FloatArray;
  readonly labels: Int32Array;
  readonly indices: Int32Array;
}

/** terms[n, b] = Σ SmoothL1(pred − targets) at sampled anchors with label 1, else 0. */
export function anchorsForward(
  { pred, targets, labels, indices, terms }: AnchorArrays & { terms: FloatArray },
  { images, anchors, samples, beta }: AnchorParams,
): void {
  for (let i = 0; i < images * samples; i++) {
    const at = Math.floor(i / samples) * anchors + indices[i]!;
    let term = 0;
    if (indices[i]! >= 0 && labels[at] === 1) {
      for (let j = at * 4; j < at * 4 + 4; j++) term += penalty(pred[j]! - targets[j]!, beta);
    }
    terms[i] = term;
  }
}

/** dPred = dOut · slope(pred − targets) / count at sampled anchors with label 1; the rest is left alone. */
export function anchorsBackward(
  { dOut, pred, targets, labels, indices, count, dPred }: AnchorArrays & {
    dOut: FloatArray;
    count: FloatArray;
    dPred: FloatArray;
  },
  { images, anchors, samples, beta }: AnchorParams,
): void {
  const factor = dOut[0]! / Math.max(1, count[0]!);
  for (let i = 0; i < images * samples; i++) {
    const at = Math.floor(i / samples) * anchors + indices[i]!;
    if (indices[i]! < 0 || labels[at] !== 1) continue;
    for (let j = at * 4; j < at * 4 + 4; j++) {
      dPred[j] = factor * slope(pred[j]! - targets[j]!, beta);
    }
  }
}

interface RoiArrays {
  readonly pred: FloatArray;
  readonly targets: FloatArray;
  readonly labels: Int32Array;
}

/** terms[m] = Σ SmoothL1(pred − targets) at the label's columns, 0 where the label is not positive. */
export function roisForward(
  { pred, targets, labels, terms }: RoiArrays & { terms: FloatArray },
  { rows, width, agnostic, beta }: RoiParams,
): void {
  for (let m = 0; m < rows; m++) {
    let term = 0;
    if (labels[m]! > 0) {
      const first = m * width + 4 * (agnostic ? 1 : labels[m]!);
      for (let j = 0; j < 4; j++) term += penalty(pred[first + j]! - targets[m * 4 + j]!, beta);
    }
    terms[m] = term;
  }
}

/** dPred = dOut · slope(pred − targets) / count at the label's columns, 0 elsewhere. */
export function roisBackward(
  { dOut, pred, targets, labels, count, dPred }: RoiArrays & {
    dOut: FloatArray;
    count: FloatArray;
    dPred: FloatArray;
  },
  { rows, width, agnostic, beta }: RoiParams,
): void {
  const factor = dOut[0]! / Math.max(1, count[0]!);
  dPred.fill(0);
  for (let m = 0; m < rows; m++) {
    if (labels[m]! <= 0) continue;
    const first = m * width + 4 * (agnostic ? 1 : labels[m]!);
    for (let j = 0; j < 4; j++) {
      dPred[first + j] = factor * slope(pred[first + j]! - targets[m * 4 + j]!, beta);
    }
  }
}
