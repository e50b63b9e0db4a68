/**
 * Test-time augmentation's part of the detector, on the host: several passes over an image each give the class boxes
 * that could be detections; merged, they go through one NMS and one limit (im_detect_bbox_aug in the original's
 * dynamic_rcnn/engine/bbox_aug.py, which thresholds after merging: a threshold before gives the same boxes). Passes have
 * thousands of proposals and few candidates, so that the host is done before a device would have sorted them.
 * @module
 */
import { greedyNms } from "../../kernels/mod.ts";
import { type ClassBoxes, type Detections, leastScore } from "./detections.ts";

/**
 * All boxes of one pass with a score strictly above the threshold, by proposal, then class, background left out.
 * @param passed scores [P, C] and boxes [P, C, 4] of one image
 * @param options.classes C
 * @param options.threshold ROI_HEADS.SCORE_THRESH; rounded to float32, as on the devices
 */
export function candidatesOf(
  { scores, boxes }: Pick<ClassBoxes, "scores" | "boxes">,
  { classes, threshold }: { readonly classes: number; readonly threshold: number },
): Detections {
  const least = Math.fround(threshold);
  const places: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    if (at % classes !== 0 && scores[at]! > least) places.push(at);
  }
  return {
    boxes: Float32Array.from({ length: places.length * 4 }, (_, i) => (
      boxes[places[i >> 2]! * 4 + (i & 3)]!
    )),
    scores: Float32Array.from(places, (at) => scores[at]!),
    labels: Int32Array.from(places, (at) => at % classes),
  };
}

/**
 * One image's detections from the candidates of all passes, whose boxes are in one frame: NMS within each class over all
 * passes together, then the best. Ordered by class, then pass, then proposal.
 * @param options.iouThreshold ROI_HEADS.NMS: a box is suppressed by a better one with a strictly larger IoU
 * @param options.offset sides are x2 − x1 + offset: 1 where absent
 * @param options.limit DETECTIONS_PER_IMG; ties with the last can exceed it; 0: no limit
 */
export function mergeCandidates(
  passes: readonly Detections[],
  { iouThreshold, limit, offset }: {
    readonly iouThreshold: number;
    readonly limit: number;
    readonly offset?: number;
  },
): Detections {
  const all = concatenate(passes);
  const kept = byLabel(all.labels).flatMap((rows) =>
    survivors(all, rows, { threshold: iouThreshold, offset })
  );
  const least = leastScore(kept, { scores: all.scores, limit });
  return rowsOf(all, kept.filter((row) => all.scores[row]! >= least));
}

function concatenate(passes: readonly Detections[]): Detections {
  const count = passes.reduce((sum, { labels }) => sum + labels.length, 0);
  const all: Detections = {
    boxes: new Float32Array(count * 4),
    scores: new Float32Array(count),
    labels: new Int32Array(count),
  };
  let at = 0;
  for (const { boxes, scores, labels } of passes) {
    all.boxes.set(boxes, at * 4);
    all.scores.set(scores, at);
    all.labels.set(labels, at);
    at += labels.length;
  }
  return all;
}

/** The rows of each label that occurs, labels and rows ascending. */
function byLabel(labels: Int32Array): number[][] {
  const rows = new Map<number, number[]>();
  labels.forEach((label, row) => {
    const others = rows.get(label);
    if (others) others.push(row);
    else rows.set(label, [row]);
  });
  return [...rows].sort(([a], [b]) => a - b).map(([, list]) => list);
}

/** Those of `rows`, ascending, that NMS leaves; equal scores count in row order. */
function survivors(
  all: Detections,
  rows: readonly number[],
  criteria: { threshold: number; offset?: number },
): number[] {
  const ordered = rows.toSorted((a, b) => all.scores[b]! - all.scores[a]! || a - b);
  const mask = greedyNms(rowsOf(all, ordered).boxes, criteria);
  return ordered.filter((_, i) => mask[i] === 1).sort((a, b) => a - b);
}

function rowsOf({ boxes, scores, labels }: Detections, rows: readonly number[]): Detections {
  return {
    boxes: Float32Array.from({ length: rows.length * 4 }, (_, i) => (
      boxes[rows[i >> 2]! * 4 + (i & 3)]!
    )),
    scores: Float32Array.from(rows, (row) => scores[row]!),
    labels: Int32Array.from(rows, (row) => labels[row]!),
  };
}
