/**
 * RoI head: pools a feature of each proposal, classifies it and refines its box. In training the proposals
 * are labelled with the dynamic IoU threshold and sampled, and the statistics that drive the dynamics are
 * taken (the original's `network.py`, `rcnn/proposal_target_opr.py`, `rcnn/post_processing.py`).
 * @module
 */
import {
  classNms,
  decodeBoxes,
  encodeBoxes,
  gatherRows,
  matchBoxes,
  reshape,
  roiAlign,
  roiLabels,
  sampleLabels,
  smoothL1Rois,
  softmax,
  softmaxCrossEntropy,
  validRows,
} from "../../kernels/mod.ts";
import { kaimingUniform, normal } from "../nn/initial.ts";
import { Linear } from "../nn/linear.ts";
import type { StateScope } from "../nn/state.ts";
import { noGrad, type Tensor } from "../runtime/mod.ts";
import type { ImageBatch, Proposals, Sampling, Truths } from "./batch.ts";
import { countDistributions, type DistributionCounts } from "./distributions.ts";
import type { ModelOptions } from "./options.ts";
import { type ProposalStatistics, proposalStatistics } from "./statistics.ts";

/** Distinguishes the RoI head's random numbers from the RPN's. */
const ROI_STREAM = 2;

/** What the dynamic schedule prescribes for a step. */
export interface Criteria {
  /** IoU from which a proposal is foreground. */
  readonly iou: number;
  /** IoU below which it is background, those between being left out; `iou` where absent. */
  readonly low?: number;
  /** β of the box loss's SmoothL1. */
  readonly beta: number;
}

/** Sampled proposals of a training step, `B` an image. */
interface RoiSample {
  /** f32 `[N·B, 4]`. */
  readonly rois: Tensor;
  /** i32 `[N·B]`: class, 0 for background, −1 for padding. */
  readonly labels: Tensor;
  /** f32 `[N·B, 4]`. */
  readonly targets: Tensor;
  /** i32 `[N, 2]`: positives and negatives. */
  readonly counts: Tensor;
  readonly statistics: ProposalStatistics;
  readonly distributions: DistributionCounts | undefined;
}

/** A training step, as the RoI head sees it. */
interface RoiStep {
  readonly truths: Truths;
  readonly criteria: Criteria;
  readonly sampling: Sampling;
  readonly imagesPerGpu: number;
  /** Count what the proposals are like. */
  readonly distributions?: boolean;
}

/** The RoI head over pyramid features of `channels` channels. */
export class RoiHead {
  readonly #options: ModelOptions;
  readonly #fc6: Linear;
  readonly #fc7: Linear;
  readonly #score: Linear;
  readonly #deltas: Linear;

  /** Declares `fc6`, `fc7`, `cls_score` and `bbox_pred` below `scope`. */
  constructor(scope: StateScope, options: ModelOptions, channels: number) {
    this.#options = options;
    const { MLP_HEAD_DIM: hidden, NUM_CLASSES: classes, POOLER_RESOLUTION: side } =
      options.ROI_BOX_HEAD;
    this.#fc6 = new Linear(scope.child("fc6"), {
      inFeatures: channels * side * side,
      outFeatures: hidden,
      initial: kaimingUniform(),
      positions: side * side,
    });
    this.#fc7 = new Linear(scope.child("fc7"), {
      inFeatures: hidden,
      outFeatures: hidden,
      initial: kaimingUniform(),
    });
    this.#score = new Linear(scope.child("cls_score"), {
      inFeatures: hidden,
      outFeatures: classes,
      initial: normal(0.01),
    });
    this.#deltas = new Linear(scope.child("bbox_pred"), {
      inFeatures: hidden,
      outFeatures: 4 * (options.CLS_AGNOSTIC_BBOX_REG ? 2 : classes),
      initial: normal(0.001),
    });
  }

  /**
   * Losses over sampled proposals (f32 scalars), the statistics K_I and K_E (f32 of one element), the
   * sample's counts i32 `[N, 2]`, and distributions where they are asked for.
   */
  losses(features: readonly Tensor[], proposals: Proposals, step: RoiStep) {
    const sample = noGrad(() => this.#sample(proposals, step));
    const { logits, deltas } = this.#predict(features, sample.rois, {
      valid: sample.labels,
      images: proposals.boxes.shape[0]!,
    });
    return {
      classLoss: softmaxCrossEntropy(logits, sample.labels),
      boxLoss: smoothL1Rois(deltas, {
        targets: sample.targets,
        labels: sample.labels,
        beta: step.criteria.beta,
        classAgnostic: this.#options.CLS_AGNOSTIC_BBOX_REG,
      }),
      statistics: sample.statistics,
      counts: sample.counts,
      distributions: sample.distributions,
    };
  }

  /**
   * Scores f32 `[N, P, C]` and boxes f32 `[N, P, C, 4]`, clipped to the resized images, of every class of
   * every proposal, those past the proposals' counts included.
   */
  classBoxes(
    features: readonly Tensor[],
    proposals: Proposals,
    images: ImageBatch,
  ): { scores: Tensor; boxes: Tensor } {
    return noGrad(() => {
      const { ROI_HEADS, CLS_AGNOSTIC_BBOX_REG, BOX_OFFSET, LIMIT_SHRINKING } = this.#options;
      const [n = 0, p = 0] = proposals.boxes.shape;
      const classes = this.#options.ROI_BOX_HEAD.NUM_CLASSES;
      const rois = proposals.boxes.view([n * p, 4]);
      const valid = validRows(proposals.counts, p).view([n * p]);
      const { logits, deltas } = this.#predict(features, rois, { valid, images: n });
      const scores = softmax(logits).view([n, p, classes]);
      const boxes = decodeBoxes({ boxes: proposals.boxes, deltas, imageSizes: images.sizes }, {
        weights: ROI_HEADS.BBOX_REG_WEIGHTS,
        classes,
        classAgnostic: CLS_AGNOSTIC_BBOX_REG,
        offset: BOX_OFFSET,
        limitShrinking: LIMIT_SHRINKING,
      });
      return { scores, boxes };
    });
  }

  /** {@link classBoxes}, and which survive the score threshold and the NMS of their class, i32 `[N, P, C]`. */
  detect(
    features: readonly Tensor[],
    proposals: Proposals,
    images: ImageBatch,
  ): { scores: Tensor; boxes: Tensor; keep: Tensor } {
    return noGrad(() => {
      const { scores, boxes } = this.classBoxes(features, proposals, images);
      const keep = classNms({ scores, boxes, counts: proposals.counts }, {
        scoreThreshold: this.#options.ROI_HEADS.SCORE_THRESH,
        iouThreshold: this.#options.ROI_HEADS.NMS,
        offset: this.#options.BOX_OFFSET,
      });
      return { scores, boxes, keep };
    });
  }

  #predict(
    features: readonly Tensor[],
    rois: Tensor,
    { valid, images }: { valid: Tensor; images: number },
  ): { logits: Tensor; deltas: Tensor } {
    const { ROI_BOX_HEAD, BOX_OFFSET } = this.#options;
    const { POOLER_RESOLUTION, POOLER_SAMPLING_RATIO, POOLER_SCALES } = ROI_BOX_HEAD;
    const count = rois.shape[0]!;
    const pooled = roiAlign(features.slice(0, POOLER_SCALES.length), { rois, valid }, {
      rowsPerImage: count / images,
      scales: POOLER_SCALES,
      resolution: POOLER_RESOLUTION,
      samplingRatio: POOLER_SAMPLING_RATIO,
      aligned: ROI_BOX_HEAD.POOLER_ALIGNED,
      offset: BOX_OFFSET,
    });
    const flat = reshape(pooled, [count, pooled.size / Math.max(1, count)]);
    const hidden = this.#fc7.apply(this.#fc6.apply(flat, { relu: true }), { relu: true });
    return { logits: this.#score.apply(hidden), deltas: this.#deltas.apply(hidden) };
  }

  #sample(
    proposals: Proposals,
    { truths, criteria, sampling, imagesPerGpu, distributions = false }: RoiStep,
  ): RoiSample {
    const { ROI_HEADS, DYNAMIC_RCNN, BOX_OFFSET: offset } = this.#options;
    const { boxes, counts } = proposals;
    const { matches, ious } = matchBoxes({
      boxes,
      boxCounts: counts,
      truths: truths.boxes,
      truthCounts: truths.counts,
    }, { high: criteria.iou, low: criteria.low ?? criteria.iou, lowQuality: false, offset });
    const labels = roiLabels({ matches, truthLabels: truths.labels, boxCounts: counts });
    const targets = encodeBoxes(
      { boxes, truths: truths.boxes, matches },
      { weights: ROI_HEADS.BBOX_REG_WEIGHTS, offset },
    );
    const sample = sampleLabels(labels, {
      ...sampling,
      batchSize: ROI_HEADS.BATCH_SIZE_PER_IMAGE,
      positiveFraction: ROI_HEADS.POSITIVE_FRACTION,
      stream: ROI_STREAM,
      names: proposals.names,
    });
    const matched = { proposals, truths, ious, labels, targets, sampled: sample.indices, offset };
    const rows = sample.indices.size;
    return {
      rois: gatherRows(boxes, sample.indices).view([rows, 4]),
      labels: gatherRows(labels, sample.indices, { fill: -1 }).view([rows]),
      targets: gatherRows(targets, sample.indices).view([rows, 4]),
      counts: sample.counts,
      statistics: proposalStatistics(matched, DYNAMIC_RCNN, { imagesPerGpu }),
      distributions: distributions
        ? countDistributions(proposals, {
          truths,
          labels,
          targets,
          weights: ROI_HEADS.BBOX_REG_WEIGHTS,
          offset,
        })
        : undefined,
    };
  }
}
