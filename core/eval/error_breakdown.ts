/**
 * How much average precision each kind of error costs.
 *
 * As in TIDE (Bolya et al., ECCV 2020, §2.3; the kinds are in `error_kinds.ts`): one kind at a time
 * is mended by an oracle, and what AP at IoU 0.5 gains is what the kind costs. The gains do not add
 * up to what is lacking, since errors hide one another.
 *
 * - classification, localisation: the surest such detection of an object that nothing found becomes
 *   a find of it; the others are taken out;
 * - both, duplicate, background: taken out;
 * - missed: the objects are taken out of the count of what there is to find.
 * @module
 */

import { precisionAtRecalls } from "./accumulate.ts";
import { groupByImage, type ImageTruth } from "./by_image.ts";
import { type ErrorKind, judgeImage, type Outcome } from "./error_kinds.ts";
import { VERDICT } from "./match.ts";
import type { Detection, GroundTruth } from "./types.ts";

/** One kind's share. */
export interface ErrorShare {
  /** Detections that make this error; for "missed", objects. */
  readonly count: number;
  /** What AP at IoU 0.5 would gain without it: 0…1. */
  readonly gain: number;
}

/** All kinds, and what they are measured against. */
export interface ErrorBreakdown {
  /** AP at IoU 0.5, the evaluation's own AP50: 0…1, or −1 where there is nothing to find. */
  readonly AP50: number;
  readonly errors: Readonly<Record<ErrorKind, ErrorShare>>;
}

/** Every detection's outcome, and every missed object. */
interface Judged {
  readonly outcomes: readonly Outcome[];
  readonly missed: readonly ImageTruth[];
  /** Objects to find, by category. */
  readonly positives: ReadonlyMap<number, number>;
}

/** A detection as the curve of its class sees it. */
interface Row {
  readonly category: number;
  readonly score: number;
  readonly verdict: number;
}

/** Judges all detections of a data set and mends each kind of error in turn. */
export function breakDownErrors(
  truth: GroundTruth,
  detections: readonly Detection[],
): ErrorBreakdown {
  const judged = judgeAll(truth, detections);
  const AP50 = meanPrecision(rowsWithout(judged, undefined), judged.positives);
  const share = (kind: ErrorKind): ErrorShare => {
    const mended = kind === "missed"
      ? meanPrecision(rowsWithout(judged, undefined), withoutMissed(judged))
      : meanPrecision(rowsWithout(judged, kind), judged.positives);
    const count = kind === "missed"
      ? judged.missed.length
      : judged.outcomes.filter((o) => o.kind === kind).length;
    return { count, gain: count === 0 ? 0 : mended - AP50 };
  };
  return {
    AP50,
    errors: {
      classification: share("classification"),
      localisation: share("localisation"),
      both: share("both"),
      duplicate: share("duplicate"),
      background: share("background"),
      missed: share("missed"),
    },
  };
}

function judgeAll(truth: GroundTruth, detections: readonly Detection[]): Judged {
  const outcomes: Outcome[] = [];
  const missed: ImageTruth[] = [];
  const positives = new Map<number, number>();
  for (const image of groupByImage(truth, detections)) {
    const judged = judgeImage(image);
    outcomes.push(...judged.outcomes);
    missed.push(...judged.missed);
    for (const { crowd, category } of image.truths) {
      if (!crowd) positives.set(category, (positives.get(category) ?? 0) + 1);
    }
  }
  return { outcomes, missed, positives };
}

/** The detections with one kind of error mended. */
function rowsWithout({ outcomes }: Judged, mended: ErrorKind | undefined): Row[] {
  const isFound = new Set(outcomes.flatMap((o) => o.kind === "found" ? [o.truth] : []));
  const surest = new Map<ImageTruth, Outcome>();
  for (const outcome of outcomes) {
    const { truth } = outcome;
    if (outcome.kind !== mended || !truth || isFound.has(truth)) continue;
    const best = surest.get(truth);
    if (!best || best.detection.score < outcome.detection.score) surest.set(truth, outcome);
  }
  return outcomes.flatMap((outcome): Row[] => {
    const { detection: { category_id, score }, kind, truth } = outcome;
    if (kind !== mended) return [{ category: category_id, score, verdict: verdictOf(kind) }];
    if (!truth || surest.get(truth) !== outcome) return [];
    return [{ category: truth.category, score, verdict: VERDICT.found }];
  });
}

function verdictOf(kind: Outcome["kind"]): number {
  if (kind === "found") return VERDICT.found;
  return kind === "ignored" ? VERDICT.ignored : VERDICT.wrong;
}

function withoutMissed({ positives, missed }: Judged): Map<number, number> {
  const left = new Map(positives);
  for (const { category } of missed) left.set(category, (left.get(category) ?? 0) - 1);
  return left;
}

/** Mean over the classes that have something to find; −1 without any. */
function meanPrecision(rows: readonly Row[], positives: ReadonlyMap<number, number>): number {
  const byClass = Map.groupBy(rows, (row) => row.category);
  const means = [...positives].filter(([, count]) => count > 0).map(([category, count]) => {
    const ranked = (byClass.get(category) ?? []).toSorted((a, b) => b.score - a.score);
    const curve = precisionAtRecalls(ranked.map((row) => row.verdict), count);
    return curve.reduce((sum, p) => sum + p, 0) / curve.length;
  });
  return means.length === 0 ? -1 : means.reduce((sum, m) => sum + m, 0) / means.length;
}
