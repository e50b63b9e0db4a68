/**
 * Which class is taken for which.
 * @module
 */

import { groupByImage, type ImageRows } from "./by_image.ts";
import { boxIou } from "./match.ts";
import type { Detection, GroundTruth } from "./types.ts";

/** How detections are counted. */
export interface ConfusionOptions {
  /** Detections of lower score do not count. */
  readonly score: number;
  /** Overlap from which a detection is about an object; default 0.5. */
  readonly iou?: number;
}

/** Counts of objects against what they were detected as. */
export interface Confusion {
  /** Category ids, ascending: the first rows and columns. */
  readonly categories: readonly number[];
  /**
   * `[true class][detected class]`, K + 1 each way. The last column holds objects that nothing
   * found, the last row detections of no object; where they meet there is 0.
   */
  readonly counts: readonly (readonly number[])[];
}

/**
 * Counts, over all images, which class each object was detected as.
 *
 * In each image the detections from `score` on, the surest first, each take the free object, of any
 * class, of the highest IoU of at least `iou` (the first of equals). One that finds none but lies in
 * a crowd region (the share of its own area there is at least `iou`) does not count.
 */
export function confusion(
  truth: GroundTruth,
  detections: readonly Detection[],
  { score, iou = 0.5 }: ConfusionOptions,
): Confusion {
  const categories = [...new Set(truth.categories.map((c) => c.id))].sort((a, b) => a - b);
  const rowOf = new Map(categories.map((id, k) => [id, k]));
  const size = categories.length + 1;
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const add = (truthId: number | undefined, foundId: number | undefined) => {
    const row = counts[truthId === undefined ? size - 1 : rowOf.get(truthId) ?? size - 1];
    const column = foundId === undefined ? size - 1 : rowOf.get(foundId) ?? size - 1;
    if (row) row[column] = (row[column] ?? 0) + 1;
  };
  const sure = detections.filter((d) => d.score >= score);
  for (const image of groupByImage(truth, sure)) countImage(image, { iou, add });
  return { categories, counts };
}

interface Counter {
  readonly iou: number;
  add(truth: number | undefined, found: number | undefined): void;
}

function countImage({ truths, detections }: ImageRows, { iou, add }: Counter): void {
  const free = new Set(truths.filter((t) => !t.crowd));
  for (const { bbox, category_id } of detections) {
    let best: { truth: typeof truths[number]; iou: number } | undefined;
    for (const truth of free) {
      const overlap = boxIou(bbox, truth.bbox, false);
      if (overlap >= iou && overlap > (best?.iou ?? 0)) best = { truth, iou: overlap };
    }
    if (best) free.delete(best.truth);
    else if (truths.some((t) => t.crowd && boxIou(bbox, t.bbox, true) >= iou)) continue;
    add(best?.truth.category, category_id);
  }
  for (const missed of free) add(missed.category, undefined);
}
