/**
 * COCO box average precision, equal to pycocotools 2.0.11 (`COCOeval(…, "bbox")` as set by
 * default): 10 IoU thresholds, 101 recall points, 4 area ranges, 1/10/100 detections.
 * @module
 */

import { accumulate, type ClassCurves, rank, RECALL_THRESHOLDS } from "./accumulate.ts";
import { groupByClass } from "./group.ts";
import { type AreaRange, type Cell, IOU_THRESHOLDS, matchClass } from "./match.ts";
import {
  AP_BY_IOU,
  type ClassResult,
  type Detection,
  type EvaluationResult,
  type Figures,
  type GroundTruth,
  type PrecisionCurves,
} from "./types.ts";

/** Pixels². */
const AREA_RANGES = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Record<string, AreaRange>;

/** One class's curves in each setting that a figure needs; undefined where it has no objects. */
interface ClassOutcome {
  readonly all: ClassCurves | undefined;
  readonly small: ClassCurves | undefined;
  readonly medium: ClassCurves | undefined;
  readonly large: ClassCurves | undefined;
  /** All areas, the best detection of each image. */
  readonly top1: ClassCurves | undefined;
  /** All areas, the best 10 of each image. */
  readonly top10: ClassCurves | undefined;
}

/**
 * Evaluates detections against a COCO data set.
 *
 * Figures are −1 where there is nothing to find and 0 where nothing was detected. Detections of
 * images or classes that the set does not have are left out and listed in `mismatches`.
 * Throws DataError for a score or box that is not finite, naming the detection's index.
 */
export function evaluateBoxes(
  truth: GroundTruth,
  detections: readonly Detection[],
): EvaluationResult {
  const grouped = groupByClass(truth, detections);
  const outcomes = grouped.classes.map((c) => classOutcome(c.cells));
  const perClass = grouped.classes.map(({ category, annotations, detections }, k): ClassResult => ({
    category_id: category.id,
    name: category.name,
    ...classFigures(outcomes[k]),
    annotations,
    detections,
  }));
  return {
    ...figures(outcomes),
    per_class: perClass,
    counts: grouped.counts,
    mismatches: grouped.mismatches,
    notes: grouped.notes,
    precision_curves: precisionCurves(outcomes),
  };
}

function classOutcome(cells: readonly Cell[]): ClassOutcome {
  const [top1, top10, top100] = [rank(cells, 1), rank(cells, 10), rank(cells, 100)];
  const all = matchClass(cells, AREA_RANGES.all);
  const inRange = (range: AreaRange) => accumulate(matchClass(cells, range), top100);
  return {
    all: accumulate(all, top100),
    small: inRange(AREA_RANGES.small),
    medium: inRange(AREA_RANGES.medium),
    large: inRange(AREA_RANGES.large),
    top1: accumulate(all, top1),
    top10: accumulate(all, top10),
  };
}

function figures(outcomes: readonly ClassOutcome[]): Figures {
  const precision = (pick: keyof ClassOutcome) =>
    meanOrUndefined(outcomes.map((o) => averagePrecision(o[pick])));
  const recall = (pick: keyof ClassOutcome) =>
    meanOrUndefined(outcomes.map((o) => averageRecall(o[pick])));
  return {
    AP: precision("all"),
    APs: precision("small"),
    APm: precision("medium"),
    APl: precision("large"),
    AR1: recall("top1"),
    AR10: recall("top10"),
    AR100: recall("all"),
    ARs: recall("small"),
    ARm: recall("medium"),
    ARl: recall("large"),
    ...precisionByIou(outcomes),
  };
}

function precisionByIou(
  outcomes: readonly ClassOutcome[],
): Record<typeof AP_BY_IOU[number], number> {
  const at = (t: number) => meanOrUndefined(outcomes.map((o) => averagePrecision(o.all, t)));
  return {
    AP50: at(0),
    AP55: at(1),
    AP60: at(2),
    AP65: at(3),
    AP70: at(4),
    AP75: at(5),
    AP80: at(6),
    AP85: at(7),
    AP90: at(8),
    AP95: at(9),
  };
}

function classFigures(outcome: ClassOutcome | undefined) {
  return {
    AP: averagePrecision(outcome?.all) ?? -1,
    AP50: averagePrecision(outcome?.all, 0) ?? -1,
    AP75: averagePrecision(outcome?.all, 5) ?? -1,
    AP90: averagePrecision(outcome?.all, 8) ?? -1,
    APs: averagePrecision(outcome?.small) ?? -1,
    APm: averagePrecision(outcome?.medium) ?? -1,
    APl: averagePrecision(outcome?.large) ?? -1,
    AR100: averageRecall(outcome?.all) ?? -1,
  };
}

/** Mean precision over the recall points at one threshold, or over all thresholds. */
function averagePrecision(curves: ClassCurves | undefined, t?: number): number | undefined {
  if (!curves) return undefined;
  const chosen = t === undefined ? curves.precision : curves.precision.slice(t, t + 1);
  return mean(chosen.map((points) => mean([...points])));
}

function averageRecall(curves: ClassCurves | undefined): number | undefined {
  return curves && mean([...curves.recall]);
}

function precisionCurves(outcomes: readonly ClassOutcome[]): PrecisionCurves {
  const defined = outcomes.flatMap((o) => o.all ? [o.all.precision] : []);
  const precision = defined.length === 0
    ? []
    : IOU_THRESHOLDS.map((_, t) =>
      RECALL_THRESHOLDS.map((_, r) => mean(defined.map((curves) => curves[t]?.[r] ?? 0)))
    );
  return { iou: IOU_THRESHOLDS, recall: RECALL_THRESHOLDS, precision };
}

/** Every class weighs the same, so a mean of class means is pycocotools' mean over all entries. */
function meanOrUndefined(values: readonly (number | undefined)[]): number {
  const defined = values.filter((v) => v !== undefined);
  return defined.length === 0 ? -1 : mean(defined);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
