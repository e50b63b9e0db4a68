/**
 * Operators on awkward inputs equal PyTorch 1.13 and torchvision 0.14, forward and gradients, on both devices and by
 * each variant of their kernels. Deformable convolution and image resizing have fixtures of their own.
 */
import assert from "node:assert/strict";
import { empty, fromArray, type Tensor } from "../../core/runtime/mod.ts";
import type { AnchorLevel } from "../../kernels/anchor_grid/mod.ts";
import type { DecodeOptions } from "../../kernels/box_decode/mod.ts";
import type { Conv2dOptions } from "../../kernels/conv2d/mod.ts";
import type { Bins } from "../../kernels/histogram/mod.ts";
import type { MatchOptions } from "../../kernels/match_boxes/mod.ts";
import type { MaxPoolOptions } from "../../kernels/max_pool/mod.ts";
import * as kernels from "../../kernels/mod.ts";
import type { NmsSegment } from "../../kernels/nms/mod.ts";
import type { RoiAlignOptions } from "../../kernels/roi_align/mod.ts";
import type { Stretch } from "../../kernels/top_k/mod.ts";
import { asGpu } from "../_support/check_exact.ts";
import { checkTarget, type OpCase } from "../_support/check_op.ts";
import { onDevices, reference, TARGETS } from "../_support/devices.ts";
import {
  loadTorchCases,
  type TorchCase,
  torchInputs,
  torchResult,
} from "../_support/torch_golden.ts";

interface SgdSteps {
  /** Of each step. */
  readonly learningRates: readonly number[];
  readonly momentum: number;
  readonly weightDecay: number;
  readonly biasLrFactor: number;
  readonly maxNorm: number;
}

/** The operators that have cases, by the fixture's names, and their options there. */
interface Options {
  conv2d: Conv2dOptions;
  linear: { relu?: boolean };
  max_pool: MaxPoolOptions;
  group_norm: { groups: number; relu?: boolean };
  frozen_norm: { relu: boolean };
  channel_affine: { relu: boolean };
  relu: unknown;
  upsample_add: unknown;
  concat_levels: { width: number; flat: boolean };
  gather_rows: { fill: number };
  softmax: unknown;
  softmax_cross_entropy: unknown;
  sigmoid_bce: unknown;
  smooth_l1_rois: { beta: number; classAgnostic: boolean };
  smooth_l1_anchors: { beta: number };
  gradient_norm: { maxNorm: number };
  sgd: SgdSteps;
  roi_align: RoiAlignOptions;
  nms: { segments: NmsSegment[]; threshold: number; offset: number };
  class_nms: { scoreThreshold: number; iouThreshold: number; offset: number };
  encode_boxes: { weights: number[]; offset: number };
  decode_boxes: DecodeOptions;
  match_boxes: MatchOptions;
  anchor_grid: { cells: number[][]; levels: AnchorLevel[] };
  top_k: { segments: Stretch[] };
  select_top: { count: number; perImage: boolean };
  kth_value: { k: number; largest: boolean };
  center_error: unknown;
  histogram: Bins & { leastLabel: 0 | 1 };
}

/** Inputs by name; which there are is the case's matter. */
type Inputs = Record<string, Tensor>;

/** How each operator is called. */
const RUN: {
  readonly [Op in keyof Options]: (
    inputs: Inputs,
    options: Options[Op],
  ) => Tensor | readonly Tensor[];
} = {
  conv2d: ({ x, weight, bias }, options) => kernels.conv2d(x!, weight!, bias, options),
  linear: ({ x, weight, bias }, options) => kernels.linear(x!, weight!, bias, options),
  max_pool: ({ x }, options) => kernels.maxPool(x!, options),
  group_norm: ({ x, gamma, beta, residual }, options) =>
    kernels.groupNorm(x!, { gamma: gamma!, beta: beta!, residual, ...options }),
  frozen_norm: frozenNorm,
  channel_affine: ({ x, scale, shift, residual }, options) =>
    kernels.channelAffine(x!, { scale: scale!, shift: shift!, residual, ...options }),
  relu: ({ x }) => kernels.relu(x!),
  upsample_add: ({ top, lateral }) => kernels.upsampleAdd(top!, lateral!),
  concat_levels: concatenated,
  gather_rows: ({ values, indices }, options) => kernels.gatherRows(values!, indices!, options),
  softmax: ({ logits }) => kernels.softmax(logits!),
  softmax_cross_entropy: ({ logits, labels }) => kernels.softmaxCrossEntropy(logits!, labels!),
  sigmoid_bce: ({ logits, labels, indices }) =>
    kernels.sigmoidBce(logits!, { labels: labels!, indices: indices! }),
  smooth_l1_rois: ({ pred, targets, labels }, options) =>
    kernels.smoothL1Rois(pred!, { targets: targets!, labels: labels!, ...options }),
  smooth_l1_anchors: ({ pred, targets, labels, indices }, { beta }) =>
    kernels.smoothL1Anchors(pred!, {
      targets: targets!,
      labels: labels!,
      indices: indices!,
      beta,
    }),
  gradient_norm: (gradients, options) => kernels.gradientNorm(Object.values(gradients), options),
  sgd: sgdSteps,
  roi_align: ({ rois, valid, ...levels }, options) =>
    kernels.roiAlign(Object.values(levels), { rois: rois!, valid: valid! }, options),
  nms: ({ boxes, valid }, options) => kernels.nms({ boxes: boxes!, valid }, options),
  class_nms: ({ scores, boxes, counts }, options) =>
    kernels.classNms({ scores: scores!, boxes: boxes!, counts: counts! }, options),
  encode_boxes: ({ boxes, truths, matches }, options) =>
    kernels.encodeBoxes({ boxes: boxes!, truths: truths!, matches: matches! }, options),
  decode_boxes: ({ boxes, deltas, imageSizes, indices }, options) =>
    kernels.decodeBoxes(
      { boxes: boxes!, deltas: deltas!, imageSizes: imageSizes!, indices },
      options,
    ),
  match_boxes: ({ boxes, truths, truthCounts }, options) => {
    const { matches, ious } = kernels.matchBoxes(
      { boxes: boxes!, truths: truths!, truthCounts: truthCounts! },
      options,
    );
    return [matches, ious];
  },
  anchor_grid: ({ placeholder }, { cells, levels }) =>
    kernels.anchorGrid(placeholder!.device, {
      cells: cells.map((cell) => Float32Array.from(cell)),
      levels,
    }),
  top_k: ({ scores }, { segments }) => kernels.topK(scores!, segments),
  select_top: ({ scores, mask }, options) =>
    kernels.selectTop({ scores: scores!, mask: mask! }, options),
  kth_value: ({ values, counts, labels }, options) =>
    kernels.kthValue({ values: values!, counts, labels }, options),
  center_error: ({ targets }) => kernels.centerError(targets!),
  histogram: ({ values, labels }, options) =>
    kernels.histogram({ values: values!, labels: labels! }, options),
};

/** A frozen batch norm as the detector has it: folded, then applied. */
function frozenNorm(inputs: Inputs, { relu }: { relu: boolean }): Tensor {
  const { x, weight, bias, mean, variance, residual } = inputs;
  const scale = empty(x!.device, weight!.shape), shift = empty(x!.device, weight!.shape);
  kernels.frozenScale({
    ...{ weight: weight!, bias: bias!, mean: mean!, variance: variance! },
    ...{ scale, shift },
  });
  return kernels.channelAffine(x!, { scale, shift, residual, relu });
}

/** The levels' boxes or logits within a head's maps, all but the first packed on one. */
function concatenated(levels: Inputs, { width }: { width: number }): Tensor {
  const [finest, ...coarse] = Object.values(levels) as [Tensor, ...Tensor[]];
  const [, height = 0, rowWidth = 0, channels = 0] = finest.shape;
  const anchors = channels / width, all = kernels.headChannels(anchors);
  // To the channels that they have in a head, by a product that does no more.
  const identity = Float32Array.from({ length: channels * all }, (_, i) => {
    const from = Math.floor(i / all), to = from + (width === 1 ? 4 * anchors : 0);
    return i % all === to ? 1 : 0;
  });
  const weight = fromArray(finest.device, [1, 1, channels, all], identity);
  const { map, areas } = kernels.packLevels(coarse);
  const { logits, deltas } = kernels.concatLevels([
    {
      map: kernels.conv2d(finest, weight, undefined),
      areas: [{ top: 0, left: 0, height, width: rowWidth }],
    },
    { map: kernels.conv2d(map, weight, undefined), areas },
  ], { anchors });
  return width === 1 ? logits : deltas;
}

/** Weight and bias after some steps, their velocities, and the state of each step. */
function sgdSteps(inputs: Inputs, options: SgdSteps): Tensor[] {
  const { weight, bias, weightVelocity, biasVelocity } = inputs;
  const { momentum, weightDecay, biasLrFactor, maxNorm } = options;
  const states = options.learningRates.map((learningRate, i) => {
    const gradient = inputs[`weight${i}`]!, biasGradient = inputs[`bias${i}`]!;
    const state = kernels.gradientNorm([gradient, biasGradient], { maxNorm });
    kernels.sgdStep(weight!, {
      ...{ gradient, velocity: weightVelocity!, state },
      ...{ learningRate, momentum, weightDecay },
    });
    kernels.sgdStep(bias!, {
      ...{ gradient: biasGradient, velocity: biasVelocity!, state },
      ...{ learningRate: learningRate * biasLrFactor, momentum, weightDecay: 0 },
    });
    return state;
  });
  return [weight!, bias!, weightVelocity!, biasVelocity!, ...states];
}

/** Operators that run other shaders where the adapter is a real GPU, besides those with variants. */
const BY_ADAPTER: ReadonlySet<keyof Options> = new Set(
  [
    ...["class_nms", "top_k", "select_top", "kth_value"] as const,
    ...["group_norm", "roi_align", "max_pool", "gradient_norm"] as const,
    ...["channel_affine", "relu"] as const,
  ],
);

/** PyTorch's values are in float64, rounded to float32 in the file. */
const HOST_TOLERANCE = { forward: 1e-6, gradient: 1e-6 };

const { cases, values } = loadTorchCases<Options>();

function opCase<Op extends keyof Options>(one: TorchCase<Options, Op>): OpCase {
  return {
    name: `${one.op} equals PyTorch, ${one.case}${one.differs ? ` (but ${one.differs})` : ""}`,
    inputs: torchInputs(one),
    run: (inputs) => RUN[one.op](inputs, one.options),
    gradients: Object.keys(one.gradients),
    expected: torchResult(one, values),
  };
}

function checkAll<Op extends keyof Options>(one: TorchCase<Options, Op>): void {
  const op = opCase(one);
  for (const target of TARGETS) {
    onDevices(op.name, (device) => checkTarget(op, device, target), [target]);
    if (target.kind === "cpu" || !BY_ADAPTER.has(one.op)) continue;
    const name = `${op.name}, with a GPU's workgroups`;
    onDevices(name, (device) => checkTarget(op, asGpu(device), target), [target]);
  }
  Deno.test(
    `${op.name} (host code in float64)`,
    () =>
      checkTarget({ ...op, tolerance: HOST_TOLERANCE }, reference, { name: "host", kind: "cpu" }),
  );
}

for (const one of cases) checkAll(one);

Deno.test("every operator of the table has cases of PyTorch", () => {
  const met = new Set(cases.map(({ op }) => op));
  assert.deepEqual([...met].sort(), Object.keys(RUN).sort());
});
