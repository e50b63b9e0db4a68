/**
 * Precision and recall of one class over all images. Formulas: `COCOeval.accumulate`.
 * @module
 */

import { type Cell, type ClassMatch, IOU_THRESHOLDS, VERDICT } from "./match.ts";

/** numpy's `linspace(0, 1, 101)`, bit for bit. */
export const RECALL_THRESHOLDS: readonly number[] = Array.from(
  { length: 101 },
  (_, i) => i === 100 ? 1 : i * 0.01,
);

/** numpy's `spacing(1)`. */
const EPSILON = 2 ** -52;

/** One class's curves in one area range. */
export interface ClassCurves {
  /** Precision `[threshold][recall threshold]`, 0…1. */
  readonly precision: readonly Float64Array[];
  /** The highest recall reached `[threshold]`, 0…1. */
  readonly recall: Float64Array;
}

/**
 * Ranks the best `maxDetections` of each cell by score; equal scores by image, then place.
 * Gives their columns in a ClassMatch, best first.
 */
export function rank(cells: readonly Cell[], maxDetections: number): Int32Array {
  const rows: { score: number; column: number }[] = [];
  let start = 0;
  for (const { detections } of cells) {
    for (const [place, { score }] of detections.slice(0, maxDetections).entries()) {
      rows.push({ score, column: start + place });
    }
    start += detections.length;
  }
  rows.sort((a, b) => b.score - a.score); // stable
  return Int32Array.from(rows, (row) => row.column);
}

/** A class's curves over the ranked detections, or undefined where it has no object to find. */
export function accumulate(match: ClassMatch, ranking: Int32Array): ClassCurves | undefined {
  if (match.positives === 0) return undefined;
  const recall = new Float64Array(IOU_THRESHOLDS.length);
  const precision = IOU_THRESHOLDS.map((_, t) => {
    const offset = t * (match.verdicts.length / IOU_THRESHOLDS.length);
    const ranked = Uint8Array.from(ranking, (column) => match.verdicts[offset + column] ?? 0);
    const curve = rawCurve(ranked, match.positives);
    recall[t] = curve.recall.at(-1) ?? 0;
    return interpolate(curve);
  });
  return { precision, recall };
}

/**
 * Precision, made non-increasing, at the 101 recalls.
 * @param verdicts a {@link VERDICT} for each detection, best score first
 * @param positives how many objects there are to find; at least 1
 */
export function precisionAtRecalls(verdicts: ArrayLike<number>, positives: number): Float64Array {
  return interpolate(rawCurve(verdicts, positives));
}

interface RawCurve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

/** Precision and recall after each detection; ignored ones repeat the last. */
function rawCurve(verdicts: ArrayLike<number>, positives: number): RawCurve {
  const precision = new Float64Array(verdicts.length);
  const recall = new Float64Array(verdicts.length);
  let found = 0;
  let wrong = 0;
  for (let i = 0; i < verdicts.length; i++) {
    if (verdicts[i] === VERDICT.found) found++;
    else if (verdicts[i] === VERDICT.wrong) wrong++;
    recall[i] = found / positives;
    precision[i] = found / (wrong + found + EPSILON);
  }
  return { precision, recall };
}

/** Precision made non-increasing, read at the 101 recalls; 0 beyond the highest recall reached. */
function interpolate({ precision, recall }: RawCurve): Float64Array {
  for (let i = precision.length - 1; i > 0; i--) {
    precision[i - 1] = Math.max(precision[i - 1] ?? 0, precision[i] ?? 0);
  }
  const out = new Float64Array(RECALL_THRESHOLDS.length);
  let i = 0;
  for (const [r, threshold] of RECALL_THRESHOLDS.entries()) {
    while (i < recall.length && (recall[i] ?? 0) < threshold) i++;
    if (i === recall.length) break;
    out[r] = precision[i] ?? 0;
  }
  return out;
}
