/** One training step: launched without waiting, its report read while the next one runs. */
import { packScalars } from "../../kernels/mod.ts";
import type { Batch } from "../data/mod.ts";
import type { Sampling } from "../detection/batch.ts";
import type { DynamicRcnn, TrainingOutput } from "../detection/dynamic_rcnn.ts";
import type { Criteria } from "../detection/roi_head.ts";
import type { Sgd } from "../nn/sgd.ts";
import {
  backward,
  type Device,
  type Gradients,
  record,
  scope,
  type Tensor,
} from "../runtime/mod.ts";
import { batchTruths, imageBatch } from "./batch_input.ts";
import type { Config } from "./config.ts";
import { countTensors, readDistributions } from "./distributions.ts";
import type { Distributions } from "./metrics.ts";

/** The figures of one step, on the host. */
export interface StepReport {
  readonly losses: {
    readonly rpn_cls_loss: number;
    readonly rpn_bbox_loss: number;
    readonly rcnn_cls_loss: number;
    readonly rcnn_bbox_loss: number;
  };
  /** Statistics K_I and K_E. */
  readonly iou: number;
  readonly error: number;
  /** L2 norm of all gradients before clipping; NaN where there was no update. */
  readonly gradientNorm: number;
  /** False where a loss or a gradient is NaN or infinite; the weights were left alone. */
  readonly isFinite: boolean;
  /** Per image: sampled positives and negatives of RPN and RoI head, and proposals. */
  readonly counts: {
    readonly rpn: readonly (readonly [number, number])[];
    readonly rcnn: readonly (readonly [number, number])[];
    readonly proposals: readonly number[];
  };
  /** Where the step was asked for them. */
  readonly distributions: Distributions | undefined;
}

/** What a step depends on besides its batch. */
export interface StepInput {
  readonly criteria: Criteria;
  readonly sampling: Sampling;
  /** Count what the proposals are like; changes nothing else. */
  readonly distributions?: boolean;
}

/** Losses and gradients of a batch, on the device, with their report to be read. */
export function computeGradients(
  { model, device, config }: { model: DynamicRcnn; device: Device; config: Config },
  batch: Batch,
  step: StepInput,
): { output: TrainingOutput; gradients: Gradients } {
  const { result: output, tape } = scope(() => {
    const images = imageBatch(device, batch, config);
    const truths = batchTruths(device, batch);
    return record(() => model.losses({ images, truths, ...step }));
  });
  return { output, gradients: backward(tape, Object.values(output.losses)) };
}

/** A step that was handed to the device. */
export interface LaunchedStep {
  /** Its figures, once it has run. @throws DeviceError on any GPU error until then */
  report(): Promise<StepReport>;
}

/** Launches one whole step, whose report is on its way to the host. */
export function launchStep(
  context: { model: DynamicRcnn; optimizer: Sgd; device: Device; config: Config },
  batch: Batch,
  step: StepInput & { lr: number },
): LaunchedStep {
  const figures = scope(() => {
    const { output, gradients } = computeGradients(context, batch, step);
    const losses = Object.values(output.losses);
    const norm = context.optimizer.step(gradients, { lr: step.lr, losses });
    return packReport(output, norm).downloadFloats();
  });
  const weights = context.config.MODEL.ROI_HEADS.BBOX_REG_WEIGHTS;
  const layout = { images: batch.images.length, weights };
  return { report: async () => parseReport(await figures.read(), layout) };
}

function packReport(output: TrainingOutput, norm: Tensor): Tensor {
  const { losses, statistics, counts, distributions } = output;
  return packScalars([
    losses.rpn_cls_loss,
    losses.rpn_bbox_loss,
    losses.rcnn_cls_loss,
    losses.rcnn_bbox_loss,
    statistics.iou,
    statistics.error,
    norm,
    counts.rpn,
    counts.rcnn,
    counts.proposals,
    ...countTensors(distributions),
  ]);
}

/** What a report's layout depends on. */
interface ReportLayout {
  /** Of the batch. */
  readonly images: number;
  /** BBOX_REG_WEIGHTS. */
  readonly weights: readonly number[];
}

/** Figures before the counts: four losses, two statistics, four numbers of the gradients' norm. */
const HEAD = 10;

function parseReport(values: Float32Array, { images, weights }: ReportLayout): StepReport {
  const at = (i: number) => values[i]!;
  const pairs = (start: number) =>
    Array.from({ length: images }, (_, n) => [at(start + 2 * n), at(start + 2 * n + 1)] as const);
  return {
    losses: {
      rpn_cls_loss: at(0),
      rpn_bbox_loss: at(1),
      rcnn_cls_loss: at(2),
      rcnn_bbox_loss: at(3),
    },
    iou: at(4),
    error: at(5),
    gradientNorm: at(6),
    isFinite: at(8) === 0 && values.subarray(0, 4).every(Number.isFinite),
    counts: {
      rpn: pairs(HEAD),
      rcnn: pairs(HEAD + 2 * images),
      proposals: Array.from({ length: images }, (_, n) => at(HEAD + 4 * images + n)),
    },
    distributions: readDistributions(values.subarray(HEAD + 5 * images), weights),
  };
}
