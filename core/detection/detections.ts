/**
 * The last step of testing, on the host: of the class boxes that survived NMS, the best of an image, in the original's
 * order (filter_results in dynamic_rcnn/det_opr/rcnn/post_processing.py).
 * @module
 */

/** What was read back of one image: P proposals, C classes of which 0 is the background. */
export interface ClassBoxes {
  /** [P, C] */
  readonly scores: ArrayLike<number>;
  /** [P, C, 4]: (x1, y1, x2, y2), inclusive, in pixels of the resized image. */
  readonly boxes: ArrayLike<number>;
  /** [P, C]: not 0 where class-wise NMS kept the box. */
  readonly keep: ArrayLike<number>;
}

/** An image's detections, ordered by class, then proposal. */
export interface Detections {
  /** [D, 4]: (x1, y1, x2, y2) as in {@link ClassBoxes}. */
  readonly boxes: Float32Array;
  /** [D] */
  readonly scores: Float32Array;
  /** [D]: 1..C − 1. */
  readonly labels: Int32Array;
}

/**
 * The kept boxes with a score of at least the `limit`-th best: ties can exceed the limit.
 * @param options.classes C
 * @param options.limit DETECTIONS_PER_IMG; 0: no limit
 * @param options.minSize boxes with x2 − x1 or y2 − y1 below it are not taken; 0, as where absent, takes all
 * @throws RangeError where the arrays are not of [P, C], [P, C, 4] and [P, C] for one P
 */
export function collectDetections(
  { scores, boxes, keep }: ClassBoxes,
  { classes, limit, minSize = 0 }: {
    readonly classes: number;
    readonly limit: number;
    readonly minSize?: number;
  },
): Detections {
  if (
    scores.length % classes !== 0 || boxes.length !== scores.length * 4 ||
    keep.length !== scores.length
  ) {
    throw new RangeError(
      `Cannot collect detections of ${classes} classes from ${scores.length} scores, ${boxes.length} box sides and ${keep.length} marks`,
    );
  }
  const kept = keptInOrder(keep, classes).filter((at) =>
    minSize <= 0 || isAtLeast(minSize, boxes, at * 4)
  );
  const least = leastScore(kept, { scores, limit });
  const chosen = kept.filter((at) => scores[at]! >= least);
  const result: Detections = {
    boxes: new Float32Array(chosen.length * 4),
    scores: Float32Array.from(chosen, (at) => scores[at]!),
    labels: Int32Array.from(chosen, (at) => at % classes),
  };
  chosen.forEach((at, i) => {
    for (let side = 0; side < 4; side++) result.boxes[i * 4 + side] = boxes[at * 4 + side]!;
  });
  return result;
}

/** True for NaN too. Inclusive boxes less than a pixel wide end before they begin: their x2 − x1 is below 0. */
function isAtLeast(minSize: number, boxes: ArrayLike<number>, at: number): boolean {
  const width = boxes[at + 2]! - boxes[at]!, height = boxes[at + 3]! - boxes[at + 1]!;
  return !(Math.min(width, height) < minSize);
}

/** Positions in [P, C] of the kept, by class, then proposal; the background is never kept. */
function keptInOrder(keep: ArrayLike<number>, classes: number): number[] {
  const kept: number[] = [];
  for (let label = 1; label < classes; label++) {
    for (let at = label; at < keep.length; at += classes) if (keep[at] !== 0) kept.push(at);
  }
  return kept;
}

/** The score of the `limit`-th best of those `kept`, or −∞ where there are no more than that or `limit` is 0. */
export function leastScore(
  kept: readonly number[],
  { scores, limit }: { scores: ArrayLike<number>; limit: number },
): number {
  if (limit <= 0 || kept.length <= limit) return -Infinity;
  return Float64Array.from(kept, (at) => scores[at]!).sort()[kept.length - limit]!;
}
