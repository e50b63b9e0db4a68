/**
 * Which images are worth a look: those on which runs disagree.
 * @module
 */

import { boxIou, type BoxXywh, type Detection } from "../../core/eval/mod.ts";
import type { TruthAnnotation } from "../../core/eval/types.ts";
import type { DatasetAnalysis } from "../analysis.ts";
import type { ImageEntry } from "./annotations.ts";

/** From here on a detection is of an object. */
const MATCH_IOU = 0.5;

/** An image and how much runs differ on it. */
export interface Ranked {
  readonly image: ImageEntry;
  readonly disagreement: number;
}

/**
 * The images on which runs disagree most, the most disputed first; equals in order of id.
 *
 * Over an image's objects, the difference between the runs' highest and lowest IoU of a sure
 * detection of the right class (0 where there is none of at least 0.5) is added up, and so is the
 * difference between the most and the fewest sure detections of nothing. A single run is held
 * against the truth instead, as if another had found everything perfectly.
 */
export function rankByDisagreement(analysis: DatasetAnalysis, count: number): Ranked[] {
  const objects = Map.groupBy(analysis.truth.annotations, (a) => a.image_id);
  return analysis.truth.images
    .filter(({ id }) => objects.has(id) || analysis.runs.some((r) => r.sure.has(id)))
    .map((image) => ({
      image,
      disagreement: disagreementOn(
        objects.get(image.id) ?? [],
        analysis.runs.map((r) => r.sure.get(image.id) ?? []),
      ),
    }))
    .sort((a, b) => b.disagreement - a.disagreement)
    .slice(0, count);
}

function disagreementOn(
  objects: readonly TruthAnnotation[],
  found: readonly (readonly Detection[])[],
): number {
  const single = found.length === 1;
  const ofObjects = objects.filter((o) => !o.iscrowd).map((object) => {
    const ious = found.map((detections) => fit(object, detections));
    return range(single ? [...ious, 1] : ious);
  });
  const wrong = found.map((detections) =>
    detections.filter((d) => bestIou(d, objects) < MATCH_IOU).length
  );
  return [...ofObjects, range(single ? [...wrong, 0] : wrong)].reduce((sum, v) => sum + v, 0);
}

/** How well the best detection of an object's class fits it; 0 below 0.5. */
function fit(object: TruthAnnotation, detections: readonly Detection[]): number {
  const best = detections.filter((d) => d.category_id === object.category_id)
    .reduce((most, d) => Math.max(most, boxIou(d.bbox, object.bbox, false)), 0);
  return best < MATCH_IOU ? 0 : best;
}

/** The highest IoU of a detection with an object of its class; with a crowd, its share inside. */
export function bestIou(
  { bbox, category_id }: { readonly bbox: BoxXywh; readonly category_id: number },
  objects: readonly TruthAnnotation[],
): number {
  return objects.filter((o) => o.category_id === category_id)
    .reduce((most, o) => Math.max(most, boxIou(bbox, o.bbox, Boolean(o.iscrowd))), 0);
}

function range(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}
