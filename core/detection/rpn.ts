/**
 * Region proposal network: scores and refines the anchors of all levels, is trained on sampled anchors,
 * and proposes boxes (the original's `network.py`, `rpn/anchor_target_opr.py`, `rpn/proposal_opr.py`).
 * @module
 */
import {
  anchorGrid,
  compactBoxes,
  concatLevels,
  decodeBoxes,
  encodeBoxes,
  gatherRows,
  largeBoxes,
  matchBoxes,
  MAX_PACKED_LEVELS,
  nms,
  type PackedLevels,
  packLevels,
  rpnLabels,
  sampleLabels,
  selectTop,
  sigmoidBce,
  smoothL1Anchors,
  sortedTop,
  topK,
} from "../../kernels/mod.ts";
import { Conv2d } from "../nn/conv.ts";
import { normal } from "../nn/initial.ts";
import { JoinedConv2d } from "../nn/joined_conv.ts";
import type { StateScope } from "../nn/state.ts";
import { nhwc, noGrad, type Tensor } from "../runtime/mod.ts";
import { cellAnchors, cellStrides } from "./anchors.ts";
import type { ImageBatch, Proposals, Sampling, Truths } from "./batch.ts";
import type { ModelOptions, RpnOptions } from "./options.ts";

/** Box coding of anchors is unweighted. */
const RPN_WEIGHTS = [1, 1, 1, 1] as const;

/**
 * Elements of levels that are packed together at most, 16 MiB: larger ones keep any device busy by themselves, and a
 * packed level is held twice.
 */
const MOST_PACKED = 1 << 22;

/** Distinguishes the RPN's random numbers from the RoI head's. */
const RPN_STREAM = 1;

/** Scores and box deltas of all anchors of a batch, in level, row, column, anchor order. */
export interface RpnPredictions {
  /** f32 `[N, R]`. */
  readonly logits: Tensor;
  /** f32 `[N, R, 4]`. */
  readonly deltas: Tensor;
  /** f32 `[R, 4]`. */
  readonly anchors: Tensor;
  /** Anchors of each level; their sum is R. */
  readonly levelSizes: readonly number[];
}

/** A range of anchors or proposals: one pyramid level. */
interface Segment {
  readonly start: number;
  readonly size: number;
}

/** The region proposal network over pyramid features of `channels` channels. */
export class Rpn {
  readonly #options: RpnOptions;
  /** How boxes are coded, and measured everywhere. */
  readonly #coding: { readonly weights: readonly number[]; readonly offset: number };
  readonly #limitShrinking: boolean;
  readonly #conv: Conv2d;
  readonly #head: JoinedConv2d;
  readonly #cells: readonly Float32Array<ArrayBuffer>[];

  /** Declares `rpn_conv`, `rpn_cls_logits` and `rpn_bbox_pred` below `scope`. */
  constructor(scope: StateScope, model: ModelOptions, channels: number) {
    const options = model.RPN;
    this.#options = options;
    this.#coding = { weights: RPN_WEIGHTS, offset: model.BOX_OFFSET };
    this.#limitShrinking = model.LIMIT_SHRINKING;
    const anchors = options.ASPECT_RATIOS.length;
    const shared = { inChannels: channels, initial: normal(0.01) };
    this.#conv = new Conv2d(scope.child("rpn_conv"), {
      ...shared,
      outChannels: channels,
      kernel: 3,
      padding: 1,
    });
    this.#head = new JoinedConv2d([
      { scope: scope.child("rpn_cls_logits"), outChannels: anchors },
      { scope: scope.child("rpn_bbox_pred"), outChannels: anchors * 4 },
    ], shared);
    this.#cells = options.ANCHOR_SIZES.map((size, level) =>
      cellAnchors(options.ANCHOR_STRIDE[level]!, [size], {
        ratios: options.ASPECT_RATIOS,
        layout: options.ANCHOR_LAYOUT,
      })
    );
  }

  /**
   * Predictions for features at the anchors' strides, finest first.
   * @param images `[N, H, W, 3]`: of the padded size, which some anchors' distances depend on
   */
  predict(features: readonly Tensor[], images: Tensor): RpnPredictions {
    const perCell = this.#options.ASPECT_RATIOS.length;
    const packed = packCoarse(features);
    const hidden = packed.map(({ map }) => this.#conv.apply(map, { relu: true }));
    const maps = this.#head.apply(hidden).map((map, i) => ({ map, areas: packed[i]!.areas }));
    const layout = this.#options.ANCHOR_LAYOUT;
    const [, paddedHeight, paddedWidth] = nhwc(images.shape, "a batch of images");
    const padded = { height: paddedHeight, width: paddedWidth };
    const levels = features.map((feature, level) => {
      const [, height, width] = nhwc(feature.shape, "a pyramid feature");
      const stride = this.#options.ANCHOR_STRIDE[level]!;
      const cells = { height, width };
      return { ...cells, ...cellStrides(stride, { cells, padded, layout }) };
    });
    return {
      ...concatLevels(maps, { anchors: perCell }),
      anchors: anchorGrid(features[0]!.device, { cells: this.#cells, levels }),
      levelSizes: levels.map(({ height, width }) => height * width * perCell),
    };
  }

  /** Classification and box loss over sampled anchors (f32 scalars), and counts i32 `[N, 2]` of the sample. */
  losses(
    predictions: RpnPredictions,
    batch: { images: ImageBatch; truths: Truths; sampling: Sampling },
  ): { classLoss: Tensor; boxLoss: Tensor; counts: Tensor } {
    const { targets, labels, sample } = noGrad(() => this.#targets(predictions.anchors, batch));
    const classLoss = sigmoidBce(predictions.logits, { labels, indices: sample.indices });
    const boxLoss = smoothL1Anchors(predictions.deltas, {
      targets,
      labels,
      indices: sample.indices,
      beta: this.#options.SMOOTH_L1_BETA,
    });
    return { classLoss, boxLoss, counts: sample.counts };
  }

  /**
   * Proposals for the RoI head. In training (`truths` given): the best over the whole batch together, in level
   * order, ground truth appended; in testing, and in training without FPN_POST_NMS_PER_BATCH, the best of each
   * image, by score.
   */
  proposals(
    { logits, deltas, anchors, levelSizes }: RpnPredictions,
    { sizes, truths }: { sizes: Tensor; truths?: Truths },
  ): Proposals {
    return noGrad(() => {
      const options = limits(this.#options, truths !== undefined);
      const segments = topSegments(levelSizes, options.preNms);
      const indices = topK(logits, segments.anchors);
      const boxes = decodeBoxes({ boxes: anchors, deltas, indices, imageSizes: sizes }, {
        ...this.#coding,
        limitShrinking: this.#limitShrinking,
      });
      const scores = gatherRows(logits, indices);
      const valid = this.#options.MIN_SIZE > 0
        ? largeBoxes(boxes, { minSize: this.#options.MIN_SIZE, offset: this.#coding.offset })
        : undefined;
      const kept = nms({ boxes, valid }, {
        segments: segments.proposals.map((segment) => ({ ...segment, keep: options.postNms })),
        threshold: this.#options.NMS_THRESH,
        offset: this.#coding.offset,
      });
      const total = boxes.shape[1]!;
      const chosen = { scores, mask: kept, boxes };
      if (!truths) return sortedTop(chosen, { count: Math.min(options.count, total) });
      const appended = { names: indices, truths: truths.boxes, truthCounts: truths.counts };
      if (!this.#options.FPN_POST_NMS_PER_BATCH) {
        return sortedTop({ ...chosen, ...appended }, { count: Math.min(options.count, total) });
      }
      const count = Math.min(options.count, total * boxes.shape[0]!);
      const mask = selectTop({ scores, mask: kept }, { count, perImage: false });
      const capacity = Math.min(count, total) + truths.boxes.shape[1]!;
      return compactBoxes({ boxes, mask, ...appended }, { capacity });
    });
  }

  #targets(anchors: Tensor, { images, truths, sampling }: {
    images: ImageBatch;
    truths: Truths;
    sampling: Sampling;
  }) {
    const options = this.#options;
    const boxes = anchors.view([1, ...anchors.shape]);
    const { matches } = matchBoxes({ boxes, truths: truths.boxes, truthCounts: truths.counts }, {
      high: options.FG_IOU_THRESHOLD,
      low: options.BG_IOU_THRESHOLD,
      lowQuality: true,
      claimFrom: options.LOW_QUALITY_IOU ?? undefined,
      offset: this.#coding.offset,
    });
    const labels = rpnLabels({ anchors, matches, imageSizes: images.sizes }, {
      straddle: options.STRADDLE_THRESH,
    });
    const targets = encodeBoxes({ boxes, truths: truths.boxes, matches }, this.#coding);
    const sample = sampleLabels(labels, {
      ...sampling,
      batchSize: options.BATCH_SIZE_PER_IMAGE,
      positiveFraction: options.POSITIVE_FRACTION,
      stream: RPN_STREAM,
    });
    return { targets, labels, sample };
  }
}

/** The finest levels as they are, which have most of the pixels, and the others on as few maps as hold them. */
function packCoarse(features: readonly Tensor[]): PackedLevels[] {
  const sizeFrom = (first: number) =>
    features.slice(first).reduce((sum, { size }) => sum + size, 0);
  let fine = 1;
  while (sizeFrom(fine) > MOST_PACKED) fine += 1;
  const packed = features.slice(0, fine).map(whole);
  for (let l = fine; l < features.length; l += MAX_PACKED_LEVELS) {
    const levels = features.slice(l, l + MAX_PACKED_LEVELS);
    packed.push(levels.length === 1 ? whole(levels[0]!) : packLevels(levels));
  }
  return packed;
}

function whole(map: Tensor): PackedLevels {
  const [, height, width] = nhwc(map.shape, "a pyramid feature");
  return { map, areas: [{ top: 0, left: 0, height, width }] };
}

function limits(options: RpnOptions, training: boolean) {
  return training
    ? {
      preNms: options.PRE_NMS_TOP_N_TRAIN,
      postNms: options.POST_NMS_TOP_N_TRAIN,
      count: options.FPN_POST_NMS_TOP_N_TRAIN,
    }
    : {
      preNms: options.PRE_NMS_TOP_N_TEST,
      postNms: options.POST_NMS_TOP_N_TEST,
      count: options.FPN_POST_NMS_TOP_N_TEST,
    };
}

/**
 * The levels' ranges among all anchors, with how many of each are taken, and their ranges among those taken.
 * A level with fewer anchors than the limit lowers it for the levels after it, as in the original.
 */
function topSegments(levelSizes: readonly number[], limit: number) {
  const anchors: (Segment & { k: number })[] = [];
  const proposals: Segment[] = [];
  let anchorStart = 0, proposalStart = 0, k = limit;
  for (const size of levelSizes) {
    k = Math.min(k, size);
    anchors.push({ start: anchorStart, size, k });
    proposals.push({ start: proposalStart, size: k });
    anchorStart += size;
    proposalStart += k;
  }
  return { anchors, proposals };
}
