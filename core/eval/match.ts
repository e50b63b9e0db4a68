/**
 * Which detection finds which object, for one image and class at a time.
 *
 * Formulas: pycocotools' `bbIou` (maskApi.c) and `COCOeval.evaluateImg` (cocoeval.py); every
 * comparison and its order is theirs, so that ties fall the same way.
 * @module
 */

import type { BoxXywh, Detection } from "./types.ts";

/** numpy's `linspace(.5, .95, 10)`, bit for bit: the ninth is 0.8999999999999999. */
export const IOU_THRESHOLDS: readonly number[] = Array.from(
  { length: 10 },
  (_, i) => i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5,
);

/** No image's class enters with more detections than this. */
export const MAX_DETECTIONS = 100;

/** An object of one image and class. */
export interface Truth {
  /** pycocotools stores this id as "found by"; an id of 0 therefore never counts as found. */
  readonly id: number;
  readonly bbox: BoxXywh;
  /** Pixels². */
  readonly area: number;
  readonly crowd: boolean;
}

/** One image's objects and detections of one class. */
export interface Cell {
  readonly truths: readonly Truth[];
  /** The best 100, by descending score; equal scores in the order given. */
  readonly detections: readonly Detection[];
  /** IoU `[detection, truth]`, row by row. */
  readonly ious: Float64Array;
}

/** An area range in pixels², both ends included. */
export type AreaRange = readonly [number, number];

/** What a detection counts as. */
export const VERDICT = { wrong: 0, found: 1, ignored: 2 } as const;

/** The outcome of one class in one area range. */
export interface ClassMatch {
  /** Objects that must be found. */
  readonly positives: number;
  /** A {@link VERDICT} each: `[threshold, detection]`, detections cell after cell. */
  readonly verdicts: Uint8Array;
}

/**
 * A cell from its objects and all its detections: sorts, keeps the best 100, computes IoUs.
 * The sort is stable, as numpy's mergesort is.
 */
export function makeCell(truths: readonly Truth[], detections: readonly Detection[]): Cell {
  const best = detections.toSorted((a, b) => b.score - a.score).slice(0, MAX_DETECTIONS);
  const ious = new Float64Array(best.length * truths.length);
  best.forEach((d, row) => {
    truths.forEach((t, column) => {
      ious[row * truths.length + column] = boxIou(d.bbox, t.bbox, t.crowd);
    });
  });
  return { truths, detections: best, ious };
}

/**
 * IoU of a detection with an object; with a crowd, the share of the detection's own area that
 * lies in it. 0 where they do not overlap. Widths are not inclusive here: the boxes are xywh.
 */
export function boxIou(detection: BoxXywh, truth: BoxXywh, crowd: boolean): number {
  const [dx, dy, dw, dh] = detection;
  const [tx, ty, tw, th] = truth;
  const width = Math.min(dw + dx, tw + tx) - Math.max(dx, tx);
  if (width <= 0) return 0;
  const height = Math.min(dh + dy, th + ty) - Math.max(dy, ty);
  if (height <= 0) return 0;
  const intersection = width * height;
  const union = crowd ? dw * dh : dw * dh + tw * th - intersection;
  return intersection / union;
}

/** Matches a class's detections at every IoU threshold, with objects outside `range` ignored. */
export function matchClass(cells: readonly Cell[], range: AreaRange): ClassMatch {
  const columns = cells.reduce((sum, cell) => sum + cell.detections.length, 0);
  const verdicts = new Uint8Array(IOU_THRESHOLDS.length * columns);
  let positives = 0;
  let start = 0;
  for (const cell of cells) {
    const ignore = cell.truths.map((t) => t.crowd || outside(t.area, range));
    const rest = cell.detections.map(({ bbox: [, , w, h] }) =>
      outside(w * h, range) ? VERDICT.ignored : VERDICT.wrong
    );
    matchCell({ cell, ignore, rest }, { verdicts, start, columns });
    positives += ignore.filter((i) => !i).length;
    start += cell.detections.length;
  }
  return { positives, verdicts };
}

interface MatchInput {
  readonly cell: Cell;
  /** Objects that need not be found. */
  readonly ignore: readonly boolean[];
  /** What each detection counts as where it finds nothing. */
  readonly rest: readonly number[];
}

/** Where a cell's verdicts go: `verdicts[threshold * columns + start + detection]`. */
interface MatchOutput {
  readonly verdicts: Uint8Array;
  readonly start: number;
  readonly columns: number;
}

function matchCell(input: MatchInput, { verdicts, start, columns }: MatchOutput): void {
  const { cell, ignore, rest } = input;
  if (cell.truths.length === 0) {
    IOU_THRESHOLDS.forEach((_, t) => verdicts.set(rest, t * columns + start));
    return;
  }
  IOU_THRESHOLDS.forEach((threshold, t) => {
    findTruths(cell, ignore, threshold).forEach((truth, d) => {
      verdicts[t * columns + start + d] = verdictOn(input, truth, rest[d] ?? VERDICT.wrong);
    });
  });
}

/**
 * The object that each of a cell's detections finds at one IoU threshold, or −1 where it finds
 * none; the surest choose first.
 * @param ignore objects that need not be found, taken only where no other reaches the threshold
 */
export function findTruths(
  cell: Cell,
  ignore: readonly boolean[],
  threshold: number,
): Int32Array {
  // Objects to be found first, ignored ones after them.
  const order = [...ignore.keys()].sort((a, b) => Number(ignore[a]) - Number(ignore[b]));
  const context = { cell, ignore, order, taken: new Uint8Array(ignore.length) };
  return Int32Array.from(cell.detections, (_, d) => {
    const truth = bestTruth(context, d, threshold);
    if (truth >= 0) context.taken[truth] = 1;
    return truth;
  });
}

function verdictOn({ cell, ignore }: MatchInput, truth: number, unmatched: number): number {
  if (truth < 0) return unmatched;
  if (ignore[truth]) return VERDICT.ignored;
  return cell.truths[truth]?.id === 0 ? unmatched : VERDICT.found;
}

interface MatchContext {
  readonly cell: Cell;
  readonly ignore: readonly boolean[];
  readonly order: readonly number[];
  /** 1 where a better detection already has the object. */
  readonly taken: Uint8Array;
}

/**
 * The object that detection `d` finds, or −1: the free one of highest IoU, the last of equals;
 * an ignored one only where no other reaches the threshold.
 */
function bestTruth(context: MatchContext, d: number, threshold: number): number {
  const { cell, ignore, order, taken } = context;
  const row = d * cell.truths.length;
  let best = -1;
  let bestIou = Math.min(threshold, 1 - 1e-10);
  for (const g of order) {
    if (taken[g] && !cell.truths[g]?.crowd) continue;
    if (best >= 0 && !ignore[best] && ignore[g]) break;
    const iou = cell.ious[row + g] ?? 0;
    if (iou < bestIou) continue;
    bestIou = iou;
    best = g;
  }
  return best;
}

function outside(area: number, [low, high]: AreaRange): boolean {
  return area < low || area > high;
}
