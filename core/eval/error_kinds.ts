/**
 * What kind of error each detection makes, and which objects nothing accounts for.
 *
 * Definitions: Bolya, Foley, Hays and Hoffman, "TIDE: A General Toolbox for Identifying Object
 * Detection Errors", ECCV 2020, §2.2, with its thresholds t_f = 0.5 and t_b = 0.1. Tested in the
 * order of {@link ERROR_KINDS}, so that each detection makes one error only:
 *
 * - localisation: of the right class, but IoU with it in [t_b, t_f);
 * - classification: IoU ≥ t_f with an object of another class;
 * - duplicate: right class and IoU ≥ t_f, but a surer detection has the object;
 * - background: IoU < t_b with every object;
 * - both: all others: IoU in [t_b, t_f) with an object of another class;
 * - missed: an object that nothing found and that no error of localisation or classification is about.
 * @module
 */

import type { ImageRows, ImageTruth } from "./by_image.ts";
import { boxIou, findTruths, makeCell } from "./match.ts";
import type { Detection } from "./types.ts";

/** The kinds of error, in the order in which they are tested. */
export const ERROR_KINDS = [
  "localisation",
  "classification",
  "duplicate",
  "background",
  "both",
  "missed",
] as const;

/** A kind of error. */
export type ErrorKind = typeof ERROR_KINDS[number];

/** IoU from which an object counts as found. */
export const FOREGROUND_IOU = 0.5;

/** IoU below which a detection is of the background. */
export const BACKGROUND_IOU = 0.1;

/** What a detection came to. */
export interface Outcome {
  readonly detection: Detection;
  /** "ignored" lies in a crowd region and does not count. */
  readonly kind: "found" | "ignored" | Exclude<ErrorKind, "missed">;
  /** The object that it found, or that its localisation or classification error is about. */
  readonly truth: ImageTruth | undefined;
}

/** One image's outcomes and the objects that it leaves. */
export interface ImageOutcomes {
  /** In the order of the image's detections. */
  readonly outcomes: readonly Outcome[];
  readonly missed: readonly ImageTruth[];
}

/** Judges an image's detections at IoU 0.5; what counts as found is the evaluation's own answer. */
export function judgeImage({ truths, detections }: ImageRows): ImageOutcomes {
  const found = matchClasses(truths, detections);
  const taken = new Set(found.values());
  const objects = truths.filter((t) => !t.crowd);
  const outcomes = detections.map((detection): Outcome => {
    const truth = found.get(detection);
    if (truth) return { detection, kind: truth.crowd ? "ignored" : "found", truth };
    return errorOf(detection, objects);
  });
  const about = new Set(outcomes.map((o) => o.truth));
  return { outcomes, missed: objects.filter((t) => !taken.has(t) && !about.has(t)) };
}

/** Which object each detection finds, class by class as the evaluation does. */
function matchClasses(
  truths: readonly ImageTruth[],
  detections: readonly Detection[],
): Map<Detection, ImageTruth> {
  const found = new Map<Detection, ImageTruth>();
  const truthsOf = Map.groupBy(truths, (t) => t.category);
  for (const [category, ofClass] of Map.groupBy(detections, (d) => d.category_id)) {
    const objects = truthsOf.get(category) ?? [];
    const cell = makeCell(objects, ofClass);
    const ignore = objects.map((t) => t.crowd);
    findTruths(cell, ignore, FOREGROUND_IOU).forEach((index, d) => {
      const [detection, truth] = [cell.detections[d], objects[index]];
      // An id of 0 never counts as found (see Truth.id).
      if (detection && truth && truth.id !== 0) found.set(detection, truth);
    });
  }
  return found;
}

function errorOf(detection: Detection, objects: readonly ImageTruth[]): Outcome {
  const isOwn = (t: ImageTruth) => t.category === detection.category_id;
  const own = nearest(detection, objects.filter(isOwn));
  const other = nearest(detection, objects.filter((t) => !isOwn(t)));
  if (own.iou >= BACKGROUND_IOU && own.iou < FOREGROUND_IOU) {
    return { detection, kind: "localisation", truth: own.truth };
  }
  if (other.iou >= FOREGROUND_IOU) {
    return { detection, kind: "classification", truth: other.truth };
  }
  if (own.iou >= FOREGROUND_IOU) return { detection, kind: "duplicate", truth: undefined };
  const isAlone = Math.max(own.iou, other.iou) < BACKGROUND_IOU;
  return { detection, kind: isAlone ? "background" : "both", truth: undefined };
}

function nearest({ bbox }: Detection, objects: readonly ImageTruth[]) {
  let best: { truth: ImageTruth | undefined; iou: number } = { truth: undefined, iou: 0 };
  for (const truth of objects) {
    const iou = boxIou(bbox, truth.bbox, false);
    if (iou > best.iou) best = { truth, iou };
  }
  return best;
}
