/**
 * What the proposals of a batch are like, before any are sampled: how well they overlap the truth, and how far
 * off the positive ones are (the paper's Figures 1 and 2). Counting reads what the RoI head works with and
 * changes nothing of it.
 * @module
 */
import { type Bins, histogram, matchBoxes } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import type { Proposals, Truths } from "./batch.ts";

/** Bins of the IoU: 0.025 wide, so that the thresholds of AP are edges. */
export const IOU_BINS: Bins = { low: 0, high: 1, bins: 40 };

/** Counts of proposals, ground-truth boxes left out; on the device. */
export interface DistributionCounts {
  /** i32 `[1, IOU_BINS.bins]`: proposals by their largest IoU with any truth. */
  readonly iou: Tensor;
  /** i32 `[4, errorBins(weights).bins]`: positive proposals by dx, dy, dw and dh as encoded. */
  readonly error: Tensor;
}

/**
 * Bins of regression targets: to half a box's side for dx and dy and to a factor of e for dw and dh, times
 * BBOX_REG_WEIGHTS, whichever is larger. With the original's (10, 10, 5, 5): 0.1 wide from −5 to 5, which
 * proposals of IoU 0.4 and above hardly leave.
 */
export function errorBins(weights: readonly number[]): Bins {
  const [dx = 0, dy = 0, dw = 0, dh = 0] = weights;
  const high = Math.max(dx / 2, dy / 2, dw, dh);
  return { low: -high, high, bins: 100 };
}

/**
 * Counts proposals in bins.
 * @param sample.labels i32 `[N, P]`: classes under the IoU threshold in force, 0 background, −1 padding
 * @param sample.offset sides of boxes are x2 − x1 + offset: 1 where absent
 * @param sample.targets f32 `[N, P, 4]`: regression targets as encoded with `weights`
 */
export function countDistributions(
  { boxes, counts, names }: Proposals,
  { truths, labels, targets, weights, offset }: {
    readonly truths: Truths;
    readonly labels: Tensor;
    readonly targets: Tensor;
    readonly weights: readonly number[];
    readonly offset?: number;
  },
): DistributionCounts {
  // Below its threshold the matcher gives the IoU with the first truth (as the original does, whose
  // statistics depend on it); with a threshold of 0 it is the largest for all.
  const { ious } = matchBoxes({
    boxes,
    boxCounts: counts,
    truths: truths.boxes,
    truthCounts: truths.counts,
  }, { high: 0, low: 0, lowQuality: false, offset });
  return {
    iou: histogram({ values: ious, labels, names }, { ...IOU_BINS, leastLabel: 0 }),
    error: histogram({ values: targets, labels, names }, {
      ...errorBins(weights),
      leastLabel: 1,
    }),
  };
}
