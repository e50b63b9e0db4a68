/**
 * A data set and its detections image by image, for analyses that look across classes.
 * @module
 */

import type { Truth } from "./match.ts";
import { MAX_DETECTIONS } from "./match.ts";
import type { Detection, GroundTruth } from "./types.ts";

/** An object with its class. */
export interface ImageTruth extends Truth {
  /** The category's id. */
  readonly category: number;
}

/** One image's objects and detections. */
export interface ImageRows {
  readonly image: number;
  readonly truths: readonly ImageTruth[];
  /** The best 100 of each class; best score first, equal scores in the order given. */
  readonly detections: readonly Detection[];
}

/**
 * The images of a data set that have objects or detections, in ascending order of id. Detections
 * and objects of unknown images or classes are left out, as in the figures.
 */
export function groupByImage(truth: GroundTruth, detections: readonly Detection[]): ImageRows[] {
  const categories = new Set(truth.categories.map((c) => c.id));
  const rows = new Map(truth.images.map(({ id }) => [id, emptyRows()]));
  for (const a of truth.annotations) {
    if (!categories.has(a.category_id)) continue;
    const { id, bbox, area = bbox[2] * bbox[3], iscrowd, category_id: category } = a;
    rows.get(a.image_id)?.truths.push({ id, bbox, area, category, crowd: Boolean(iscrowd) });
  }
  for (const d of detections) {
    if (categories.has(d.category_id)) rows.get(d.image_id)?.detections.push(d);
  }
  return [...rows.entries()].sort(([a], [b]) => a - b)
    .filter(([, row]) => row.truths.length > 0 || row.detections.length > 0)
    .map(([image, row]) => ({ image, truths: row.truths, detections: best(row.detections) }));
}

function emptyRows(): { truths: ImageTruth[]; detections: Detection[] } {
  return { truths: [], detections: [] };
}

function best(detections: readonly Detection[]): Detection[] {
  const kept = new Map<number, number>();
  return detections.toSorted((a, b) => b.score - a.score).filter(({ category_id }) => {
    const before = kept.get(category_id) ?? 0;
    kept.set(category_id, before + 1);
    return before < MAX_DETECTIONS;
  });
}
