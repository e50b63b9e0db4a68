/** When a run counts what its proposals are like, and what its step's report says of it. */
import { binEdges, type Bins } from "../../kernels/mod.ts";
import { type DistributionCounts, errorBins, IOU_BINS } from "../detection/distributions.ts";
import type { Tensor } from "../runtime/mod.ts";
import type { Distributions, Histogram } from "./metrics.ts";

/**
 * Whether `iteration` (from 1) is one of `moments` that are spread evenly over `total` iterations, the last
 * being one. A pure function, so that a resumed run counts where an unbroken one does.
 */
export function isMoment(
  iteration: number,
  { moments, total }: { readonly moments: number; readonly total: number },
): boolean {
  return Math.floor(iteration * moments / total) > Math.floor((iteration - 1) * moments / total);
}

/** The tensors to pack into a step's report; none where nothing was counted. */
export function countTensors(counts: DistributionCounts | undefined): Tensor[] {
  return counts ? [counts.iou, counts.error] : [];
}

/**
 * Reads packed {@link countTensors}.
 * @param values the report's numbers behind all others: empty where nothing was counted
 * @param weights ROI_HEADS.BBOX_REG_WEIGHTS
 */
export function readDistributions(
  values: Float32Array,
  weights: readonly number[],
): Distributions | undefined {
  if (values.length === 0) return undefined;
  const bins = errorBins(weights);
  const column = (i: number): Histogram =>
    histogramOf(bins, values.subarray(IOU_BINS.bins + i * bins.bins));
  return {
    iou: histogramOf(IOU_BINS, values),
    error: { dx: column(0), dy: column(1), dw: column(2), dh: column(3) },
  };
}

function histogramOf(bins: Bins, counts: Float32Array): Histogram {
  return { edges: binEdges(bins), counts: [...counts.subarray(0, bins.bins)] };
}
