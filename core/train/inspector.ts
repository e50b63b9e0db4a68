/** What `inspect` tells: a model's layers, or one step's losses, statistics and gradients. */
import type { Batch, CocoDataset } from "../data/mod.ts";
import type { DynamicRcnn } from "../detection/dynamic_rcnn.ts";
import type { Criteria } from "../detection/roi_head.ts";
import type { StateEntry } from "../nn/state.ts";
import { type LayerCall, traceLayers } from "../nn/trace.ts";
import { DryDevice } from "../runtime/dry_device.ts";
import {
  asyncScope,
  backward,
  DataError,
  type Device,
  empty,
  record,
  scope,
  sizeOf,
} from "../runtime/mod.ts";
import type { Config } from "./config.ts";
import { plainLoader } from "./datasets.ts";
import { makeModel } from "./trainer.ts";
import { computeGradients } from "./training_step.ts";

/** A layer of the model, all its calls in one forward pass of one batch together. */
export interface LayerSummary {
  readonly name: string;
  readonly kind: string;
  /** Of each call: the RPN runs once for the finest pyramid level and once for all others. */
  readonly outputs: readonly (readonly number[])[];
  readonly parameters: number;
  readonly flops: number;
  /** Bytes of its outputs. */
  readonly activation_bytes: number;
}

/** What a model costs. */
export interface ModelSummary {
  readonly input: readonly number[];
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly trainable_parameters: number;
  readonly flops: number;
  /** Largest number of bytes live at once in a training step, weights and momentum included. */
  readonly training_peak_bytes: number;
  readonly weight_bytes: number;
}

/** Describes the model for a batch of IMS_PER_GPU images of MAX_SIZE_TRAIN × shorter side; computes nothing. */
export function summarize(config: Config): ModelSummary {
  const device = new DryDevice();
  const model = makeModel(device, config);
  const weightBytes = device.memory().liveBytes;
  const shape = inputShape(config);
  const layers = summarizeLayers(traceLayers(() => dryStep(model, device, shape)));
  const entries = model.state.entries().filter(({ kind }) => kind === "parameter");
  const total = (list: readonly StateEntry[]) =>
    list.reduce((sum, { tensor }) => sum + tensor.size, 0);
  const trainable = total(model.state.trainable());
  return {
    input: shape,
    layers,
    parameters: total(entries),
    trainable_parameters: trainable,
    flops: layers.reduce((sum, { flops }) => sum + flops, 0),
    training_peak_bytes: device.memory().peakBytes + trainable * 4,
    weight_bytes: weightBytes,
  };
}

/** Launches a forward and backward pass on images of `shape` `[N, H, W, 3]` with 16 boxes each, all empty memory. */
export function dryStep(model: DynamicRcnn, device: DryDevice, shape: readonly number[]): void {
  const [n = 1, h = 0, w = 0] = shape;
  scope(() => {
    const { result, tape } = scope(() => {
      const truths = {
        boxes: empty(device, [n, 16, 4]),
        labels: empty(device, [n, 16], "i32"),
        counts: empty(device, [n], "i32"),
      };
      const images = { images: empty(device, [n, h, w, 3]), sizes: empty(device, [n, 2]) };
      return record(() =>
        model.losses({
          images,
          truths,
          criteria: { iou: 0.5, beta: 1 },
          sampling: { mode: "first", seed: 0, iteration: 1 },
        })
      );
    });
    backward(tape, Object.values(result.losses));
  });
}

/** IMS_PER_GPU landscape images as large as training makes them: `[N, H, W, 3]`. */
export function inputShape({ INPUT, SOLVER, DATALOADER }: Config): number[] {
  const { MIN_SIZE_TRAIN, MAX_SIZE_TRAIN } = INPUT;
  const shorter = typeof MIN_SIZE_TRAIN === "number" ? MIN_SIZE_TRAIN : Math.max(...MIN_SIZE_TRAIN);
  const pad = (size: number) =>
    Math.ceil(size / DATALOADER.SIZE_DIVISIBILITY) * DATALOADER.SIZE_DIVISIBILITY;
  return [SOLVER.IMS_PER_GPU, pad(shorter), pad(MAX_SIZE_TRAIN), 3];
}

function summarizeLayers(calls: readonly LayerCall[]): LayerSummary[] {
  const byName = Map.groupBy(calls, ({ name }) => name);
  return [...byName].map(([name, all]) => ({
    name,
    kind: all[0]!.kind,
    outputs: all.map(({ output }) => output),
    parameters: all[0]!.parameters,
    flops: all.reduce((sum, { flops }) => sum + flops, 0),
    activation_bytes: all.reduce((sum, { output }) => sum + sizeOf(output) * 4, 0),
  }));
}

/** The figures of one step; gradients under the original's names and in PyTorch's layout. */
export interface StepSummary {
  readonly losses: Readonly<Record<string, number>>;
  readonly rcnn_iou_new: number;
  readonly rcnn_error_new: number;
  readonly counts: {
    readonly images: readonly number[];
    /** Per image: sampled positives and negatives. */
    readonly rpn: readonly (readonly number[])[];
    readonly rcnn: readonly (readonly number[])[];
    /** Per image, ground truth included. */
    readonly proposals: readonly number[];
  };
  readonly gradients: Readonly<Record<string, { l2: number; sum: number; abs_sum: number }>>;
}

/**
 * One forward and backward pass.
 * Changes no weight and writes nothing.
 */
export async function inspectStep(
  { model, device, config }: { model: DynamicRcnn; device: Device; config: Config },
  batch: Batch,
  { criteria, sampling }: { criteria: Criteria; sampling: "first" | "random" },
): Promise<StepSummary> {
  return await asyncScope(async () => {
    const { output, gradients } = computeGradients({ model, device, config }, batch, {
      criteria,
      sampling: { mode: sampling, seed: config.SEED, iteration: 1 },
    });
    const losses: Record<string, number> = {};
    for (const [name, loss] of Object.entries(output.losses)) {
      losses[name] = (await loss.readFloats())[0]!;
    }
    const norms: Record<string, { l2: number; sum: number; abs_sum: number }> = {};
    for (const { name, tensor } of model.state.trainable()) {
      const gradient = gradients.get(tensor.id);
      if (gradient) norms[name] = sums(await gradient.readFloats());
    }
    return {
      losses,
      rcnn_iou_new: (await output.statistics.iou.readFloats())[0]!,
      rcnn_error_new: (await output.statistics.error.readFloats())[0]!,
      counts: {
        images: batch.images.map(({ id }) => id),
        rpn: pairs(await output.counts.rpn.readInts()),
        rcnn: pairs(await output.counts.rcnn.readInts()),
        proposals: [...await output.counts.proposals.readInts()],
      },
      gradients: norms,
    };
  });
}

/**
 * The first IMS_PER_GPU images in data-set order, not augmented.
 * @throws DataError where there is none, or one has no box
 */
export async function firstBatch(dataset: CocoDataset, config: Config): Promise<Batch> {
  const { MIN_SIZE_TRAIN, MAX_SIZE_TRAIN } = config.INPUT;
  const loader = plainLoader(dataset, config, {
    batchSize: config.SOLVER.IMS_PER_GPU,
    minSize: typeof MIN_SIZE_TRAIN === "number" ? MIN_SIZE_TRAIN : MIN_SIZE_TRAIN[0]!,
    maxSize: MAX_SIZE_TRAIN,
    batches: 1,
  });
  for await (const batch of loader) {
    const bare = batch.images.find(({ labels }) => labels.length === 0);
    if (bare) {
      throw new DataError(
        `Image ${bare.id} of ${dataset.spec.annFile}, among the first ${config.SOLVER.IMS_PER_GPU}, has no box to train on.`,
      );
    }
    return batch;
  }
  throw new DataError(`${dataset.spec.annFile} has no images to step on.`);
}

function sums(values: Float32Array): { l2: number; sum: number; abs_sum: number } {
  let squares = 0, sum = 0, absolute = 0;
  for (const value of values) {
    squares += value * value;
    sum += value;
    absolute += Math.abs(value);
  }
  return { l2: Math.sqrt(squares), sum, abs_sum: absolute };
}

function pairs(values: Int32Array): number[][] {
  return Array.from({ length: values.length / 2 }, (_, n) => [values[2 * n]!, values[2 * n + 1]!]);
}
