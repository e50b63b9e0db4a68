/**
 * Sorts a data set's annotations and detections into cells of one image and class each.
 * @module
 */

import { DataError } from "../runtime/errors.ts";
import { type Cell, makeCell, type Truth } from "./match.ts";
import type {
  Detection,
  EvaluationCounts,
  GroundTruth,
  Mismatches,
  TruthCategory,
} from "./types.ts";

/** How many unknown ids a mismatch lists. */
const LISTED_IDS = 5;

/** One class's cells in ascending order of image id, images without either left out. */
export interface ClassCells {
  readonly category: TruthCategory;
  readonly cells: readonly Cell[];
  /** Objects that are not crowds. */
  readonly annotations: number;
  readonly detections: number;
}

/** A data set and its detections, ready to be matched. */
export interface Grouped {
  /** In ascending order of category id. */
  readonly classes: readonly ClassCells[];
  readonly counts: EvaluationCounts;
  readonly mismatches: Mismatches;
  readonly notes: readonly string[];
}

interface Rows {
  readonly truths: Truth[];
  readonly detections: Detection[];
}

/** Groups once, so that the cost is that of the boxes and not of images × classes. */
export function groupByClass(truth: GroundTruth, detections: readonly Detection[]): Grouped {
  detections.forEach(checkFinite);
  const images = new Set(truth.images.map((i) => i.id));
  const categories = new Map(truth.categories.map((c) => [c.id, c]));
  const isKnown = (row: { image_id: number; category_id: number }) =>
    images.has(row.image_id) && categories.has(row.category_id);
  const known = detections.filter(isKnown);
  const annotations = truth.annotations.filter(isKnown);
  const rows = groupRows(annotations, known);
  const classes = [...categories.values()].sort((a, b) => a.id - b.id)
    .map((category) => classCells(category, rows.get(category.id) ?? new Map()));
  const unknown: Mismatches = {
    detections: detections.length - known.length,
    image_ids: missing(detections.map((d) => d.image_id), images),
    category_ids: missing(detections.map((d) => d.category_id), categories),
  };
  const objects = annotations.filter((a) => !a.iscrowd).length;
  return {
    classes,
    counts: {
      images: images.size,
      categories: categories.size,
      annotations: objects,
      crowds: annotations.length - objects,
      detections: known.length,
    },
    mismatches: {
      detections: unknown.detections,
      image_ids: unknown.image_ids.slice(0, LISTED_IDS),
      category_ids: unknown.category_ids.slice(0, LISTED_IDS),
    },
    notes: notesOn(unknown, annotations.some((a) => a.id === 0)),
  };
}

/** Rows by category id, then by image id, each in the order given. */
function groupRows(
  annotations: GroundTruth["annotations"],
  detections: readonly Detection[],
): Map<number, Map<number, Rows>> {
  const byClass = new Map<number, Map<number, Rows>>();
  const rowsOf = (row: { image_id: number; category_id: number }): Rows => {
    const byImage = getOrAdd(byClass, row.category_id, () => new Map<number, Rows>());
    return getOrAdd(byImage, row.image_id, () => ({ truths: [], detections: [] }));
  };
  for (const a of annotations) {
    const { id, bbox, area = bbox[2] * bbox[3], iscrowd } = a;
    rowsOf(a).truths.push({ id, bbox, area, crowd: Boolean(iscrowd) });
  }
  for (const d of detections) rowsOf(d).detections.push(d);
  return byClass;
}

function classCells(category: TruthCategory, byImage: Map<number, Rows>): ClassCells {
  const rows = [...byImage.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
  return {
    category,
    cells: rows.map((row) => makeCell(row.truths, row.detections)),
    annotations: rows.reduce((sum, row) => sum + row.truths.filter((t) => !t.crowd).length, 0),
    detections: rows.reduce((sum, row) => sum + row.detections.length, 0),
  };
}

function notesOn(unknown: Mismatches, hasIdZero: boolean): string[] {
  const notes: string[] = [];
  if (unknown.detections > 0) {
    const parts = [
      ...list("image_id", unknown.image_ids),
      ...list("category_id", unknown.category_ids),
    ];
    notes.push(
      `${unknown.detections} of the detections name ${parts.join(" and ")}, which the data set ` +
        `does not have; they are left out of all figures.`,
    );
  }
  if (hasIdZero) {
    notes.push(
      "An annotation has id 0, which pycocotools never counts as found, and so do these " +
        "figures; number annotations from 1 to count it.",
    );
  }
  return notes;
}

function list(field: string, ids: readonly number[]): string[] {
  if (ids.length === 0) return [];
  const shown = ids.slice(0, LISTED_IDS).join(", ");
  return [`${field} ${shown}${ids.length > LISTED_IDS ? ", …" : ""}`];
}

function missing(ids: readonly number[], known: { has(id: number): boolean }): readonly number[] {
  return [...new Set(ids.filter((id) => !known.has(id)))].sort((a, b) => a - b);
}

function checkFinite(detection: Detection, index: number): void {
  if (Number.isFinite(detection.score) && detection.bbox.every(Number.isFinite)) return;
  throw new DataError(
    `Cannot evaluate detection ${index} (image ${detection.image_id}): its score and box must ` +
      `be finite numbers, and are ${detection.score} and [${detection.bbox.join(", ")}].`,
  );
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make();
  map.set(key, made);
  return made;
}
