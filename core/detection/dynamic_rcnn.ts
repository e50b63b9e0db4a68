/** The detector: ResNet, FPN, RPN and RoI head under the original's parameter names. */
import { ModelState, StateScope } from "../nn/state.ts";
import {
  type Device,
  type Download,
  downloadAll,
  noGrad,
  scope,
  type Tensor,
} from "../runtime/mod.ts";
import type { ImageBatch, Proposals, Sampling, Truths } from "./batch.ts";
import { candidatesOf } from "./candidates.ts";
import { collectDetections, type Detections } from "./detections.ts";
import type { DistributionCounts } from "./distributions.ts";
import { Fpn } from "./fpn.ts";
import type { ModelOptions } from "./options.ts";
import { ResNet } from "./resnet.ts";
import { type Criteria, RoiHead } from "./roi_head.ts";
import { Rpn } from "./rpn.ts";

/** What a training step computes; all on the device. */
export interface TrainingOutput {
  /** f32 scalars; their sum is what is minimised. */
  readonly losses: {
    readonly rpn_cls_loss: Tensor;
    readonly rpn_bbox_loss: Tensor;
    readonly rcnn_cls_loss: Tensor;
    readonly rcnn_bbox_loss: Tensor;
  };
  /** K_I-th largest IoU and K_E-th smallest error of the proposals: f32 of one element. */
  readonly statistics: { readonly iou: Tensor; readonly error: Tensor };
  /** i32 `[N, 2]`: sampled positives and negatives; `proposals` i32 `[N]`, ground truth included. */
  readonly counts: { readonly rpn: Tensor; readonly rcnn: Tensor; readonly proposals: Tensor };
  /** Where the input asks for them. */
  readonly distributions: DistributionCounts | undefined;
}

/** What a training step depends on besides weights. */
export interface TrainingInput {
  readonly images: ImageBatch;
  readonly truths: Truths;
  readonly criteria: Criteria;
  readonly sampling: Sampling;
  /** Count what the proposals are like. */
  readonly distributions?: boolean;
}

/** Dynamic R-CNN. Its weights live until {@link DynamicRcnn.close}. */
export class DynamicRcnn {
  /** Parameters and buffers under the original's names. */
  readonly state: ModelState;
  readonly #options: ModelOptions;
  readonly #imagesPerGpu: number;
  readonly #body: ResNet;
  readonly #fpn: Fpn;
  readonly #rpn: Rpn;
  readonly #head: RoiHead;

  /**
   * @param options.seed of the initial weights
   * @param options.imagesPerGpu SOLVER.IMS_PER_GPU: the constant by which K_I and K_E are multiplied
   */
  constructor(
    device: Device,
    model: ModelOptions,
    { seed, imagesPerGpu }: { seed: number; imagesPerGpu: number },
  ) {
    this.state = new ModelState(device, seed);
    this.#options = model;
    this.#imagesPerGpu = imagesPerGpu;
    const root = new StateScope(this.state);
    const backbone = root.child("backbone");
    const channels = model.RESNETS.BACKBONE_OUT_CHANNELS;
    this.#body = new ResNet(backbone.child("body"), model);
    this.#fpn = new Fpn(backbone.child("fpn"), {
      inChannels: this.#body.channels,
      outChannels: channels,
      useRelu: model.FPN.USE_RELU,
    });
    this.#rpn = new Rpn(root, model, channels);
    this.#head = new RoiHead(root, model, channels);
  }

  /** Losses and statistics of a batch. Record it on a tape to train. */
  losses(input: TrainingInput): TrainingOutput {
    // What only gradients read is the tape's to free.
    return scope(() => this.#losses(input));
  }

  /** Detections of each image of a batch, in the resized images' pixels. */
  detect(images: ImageBatch): Promise<Detections[]> {
    return this.launchDetection(images).read();
  }

  /** {@link detect}, handed to the device: what is launched next need not wait until it is read. */
  launchDetection(images: ImageBatch): Download<Detections[]> {
    const { contents, shape } = scope(() =>
      noGrad(() => {
        const { features, proposals } = this.#propose(images);
        const { scores, boxes, keep } = this.#head.detect(features, proposals, images);
        return { contents: downloadAll([scores, boxes, keep]), shape: scores.shape };
      })
    );
    const [n = 0, rows = 0, classes = 0] = shape, { ROI_HEADS } = this.#options;
    const options = {
      classes,
      limit: ROI_HEADS.DETECTIONS_PER_IMG,
      minSize: ROI_HEADS.MIN_SIZE,
    };
    return {
      read: async () => {
        const [scores, boxes, keep] = await contents.read();
        return Array.from({ length: n }, (_, image) => {
          const start = image * rows * classes, end = start + rows * classes;
          return collectDetections({
            scores: scores!.subarray(start, end),
            boxes: boxes!.subarray(start * 4, end * 4),
            keep: keep!.subarray(start, end),
          }, options);
        });
      },
    };
  }

  /**
   * What one pass of test-time augmentation contributes of each image: all class boxes above the score
   * threshold, before NMS, in the resized images' pixels. {@link mergeCandidates} makes detections of them.
   */
  launchCandidates(images: ImageBatch): Download<Detections[]> {
    const { contents, shape } = scope(() =>
      noGrad(() => {
        const { features, proposals } = this.#propose(images);
        const { scores, boxes } = this.#head.classBoxes(features, proposals, images);
        return { contents: downloadAll([scores, boxes, proposals.counts]), shape: scores.shape };
      })
    );
    const [n = 0, rows = 0, classes = 0] = shape;
    const options = { classes, threshold: this.#options.ROI_HEADS.SCORE_THRESH };
    return {
      read: async () => {
        const [scores, boxes, counts] = await contents.read();
        return Array.from({ length: n }, (_, image) => {
          const start = image * rows * classes, end = start + counts![image]! * classes;
          return candidatesOf({
            scores: scores!.subarray(start, end),
            boxes: boxes!.subarray(start * 4, end * 4),
          }, options);
        });
      },
    };
  }

  /** Frees the weights. */
  close(): void {
    this.state.close();
  }

  #losses({ images, truths, ...step }: TrainingInput): TrainingOutput {
    const { sampling } = step;
    const features = this.#features(images.images);
    const predictions = this.#rpn.predict(features, images.images);
    const rpn = this.#rpn.losses(predictions, { images, truths, sampling });
    const proposals = this.#rpn.proposals(predictions, { sizes: images.sizes, truths });
    const head = this.#head.losses(features, proposals, {
      truths,
      ...step,
      imagesPerGpu: this.#imagesPerGpu,
    });
    return {
      losses: {
        rpn_cls_loss: rpn.classLoss,
        rpn_bbox_loss: rpn.boxLoss,
        rcnn_cls_loss: head.classLoss,
        rcnn_bbox_loss: head.boxLoss,
      },
      statistics: head.statistics,
      counts: { rpn: rpn.counts, rcnn: head.counts, proposals: proposals.counts },
      distributions: head.distributions,
    };
  }

  /** Features and, as in testing, proposals. */
  #propose(images: ImageBatch): { features: Tensor[]; proposals: Proposals } {
    const features = this.#features(images.images);
    const predictions = this.#rpn.predict(features, images.images);
    return { features, proposals: this.#rpn.proposals(predictions, { sizes: images.sizes }) };
  }

  #features(images: Tensor): Tensor[] {
    return scope(() => this.#fpn.apply(this.#body.apply(images)));
  }
}
