/**
 * The two numbers of an iteration that the dynamic schedule learns from (paper §4): the K_I-th largest IoU of
 * proposals with the ground truth, and the K_E-th smallest error of their centres.
 * @module
 */
import { centerError, gatherRows, kthValue, matchBoxes } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import type { Proposals, Truths } from "./batch.ts";
import type { DynamicOptions } from "./options.ts";

/** f32 of one element each. */
export interface ProposalStatistics {
  readonly iou: Tensor;
  readonly error: Tensor;
}

/** Proposals as they were matched under the criteria in force. */
export interface MatchedProposals {
  readonly proposals: Proposals;
  readonly truths: Truths;
  /** f32 `[N, P]`: IoU with the matched truth, or with truth 0. */
  readonly ious: Tensor;
  /** i32 `[N, P]`: class, 0 background, −1 padding. */
  readonly labels: Tensor;
  /** f32 `[N, P, 4]`. */
  readonly targets: Tensor;
  /** i32 `[N, B]`: rows that were sampled, −1 for padding. */
  readonly sampled: Tensor;
  /** Sides of boxes are x2 − x1 + offset. */
  readonly offset: number;
}

/**
 * As the original's `network.py` takes them: over all proposals of the batch, K_I and K_E for each of the images
 * that a GPU has (SOLVER.IMS_PER_GPU, in a short batch too).
 */
function ofAll(
  { proposals: { counts }, ious, targets }: MatchedProposals,
  { KI, KE }: DynamicOptions,
  imagesPerGpu: number,
): ProposalStatistics {
  const errors = centerError(targets);
  return {
    iou: kthValue({ values: ious, counts }, { k: KI * imagesPerGpu, largest: true }),
    error: kthValue({ values: errors, counts }, { k: KE * imagesPerGpu, largest: false }),
  };
}

/**
 * As MMDetection's `dynamic_roi_head.py` takes them: the K_I-th best IoU of each image, averaged, each proposal's
 * largest one; the K_E-th error, for each image of the batch, of the positives that were sampled.
 */
function ofSampled(
  { proposals: { boxes, counts }, truths, labels, targets, sampled, offset }: MatchedProposals,
  { KI, KE }: DynamicOptions,
): ProposalStatistics {
  // With a threshold of 0 the matcher gives every proposal its largest IoU.
  const { ious } = matchBoxes({
    boxes,
    boxCounts: counts,
    truths: truths.boxes,
    truthCounts: truths.counts,
  }, { high: 0, low: 0, lowQuality: false, offset });
  const positive = gatherRows(labels, sampled, { fill: -1 });
  const errors = centerError(gatherRows(targets, sampled));
  const images = boxes.shape[0]!;
  return {
    iou: kthValue({ values: ious, counts }, { k: KI, largest: true, perImage: true }),
    error: kthValue({ values: errors, labels: positive }, { k: KE * images, largest: false }),
  };
}

/** The statistics that DYNAMIC_RCNN.STATISTICS asks for. */
export function proposalStatistics(
  matched: MatchedProposals,
  options: DynamicOptions,
  { imagesPerGpu }: { readonly imagesPerGpu: number },
): ProposalStatistics {
  return options.STATISTICS === "mmdetection"
    ? ofSampled(matched, options)
    : ofAll(matched, options, imagesPerGpu);
}
