/** The kernels of the convolution and the matrix product, and their gradients on the tape. */
import {
  defineKernel,
  differentiable,
  empty,
  full,
  launch,
  type Shape,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { columnSums } from "../_shared/column_sums.ts";
import { reluMask } from "../_shared/relu_mask.ts";
import { flopsOf, type Geometry } from "./extents/geometry.ts";
import * as host from "./host.ts";
import { planForward, planInput } from "./plan_gather.ts";
import { planWeight } from "./plan_weight.ts";

// `bias` is bound even where there is none: then the weight stands in for it and is not read.
const forwardKernel = defineKernel({
  name: "conv2d",
  signature: { source: "f32", weight: "f32", bias: "f32", destination: "f32" },
  host: ({ source, weight, bias, destination }, p: host.ForwardParams) =>
    host.forward({ x: source, weight, bias, out: destination }, p),
  wgsl: (p, context) => planForward(p, p, context),
  flops: flopsOf,
});

const inputKernel = defineKernel({
  name: "conv2d_backward_x",
  signature: { source: "f32", weight: "f32", bias: "f32", destination: "f32" },
  host: ({ source, weight, destination }, g: Geometry) =>
    host.backwardInput({ dOut: source, weight, dX: destination }, g),
  wgsl: (g, context) => planInput(g, context),
  flops: flopsOf,
});

const weightKernel = defineKernel({
  name: "conv2d_backward_weight",
  signature: { x: "f32", dOut: "f32", dWeight: "f32" },
  host: host.backwardWeight,
  wgsl: planWeight,
  flops: flopsOf,
});

/** What {@link convolve} does besides x ⋆ weight. */
export interface Convolution {
  readonly geometry: Geometry;
  /** Shape of the result, of n · ho · wo · o elements. */
  readonly shape: Shape;
  readonly bias?: Tensor;
  readonly relu?: boolean;
}

/** out = ReLU?(x ⋆ weight + bias?), recorded on the tape. @throws RangeError for a bias that is not `[o]`. */
export function convolve(x: Tensor, weight: Tensor, options: Convolution): Tensor {
  const { geometry, shape, bias, relu = false } = options;
  if (bias && bias.size !== geometry.o) {
    throw new RangeError(
      `Cannot add a bias of ${bias.size} elements to ${geometry.o} output channels`,
    );
  }
  const out = empty(x.device, shape);
  if (out.size > 0) {
    const params = { ...geometry, hasBias: bias !== undefined, relu };
    launch(forwardKernel, { source: x, weight, bias: bias ?? weight, destination: out }, params);
  }
  const saved = [];
  if (x.requiresGrad) saved.push(weight);
  if (weight.requiresGrad) saved.push(x);
  if (relu) saved.push(out);
  differentiable({
    inputs: bias ? [x, weight, bias] : [x, weight],
    outputs: [out],
    saved,
    backward: ([given], [needsX, needsWeight, needsBias], letGo) => {
      const dOut = relu && out.size > 0 ? reluMask(given!, out) : given!;
      if (dOut !== given) letGo(given!, out);
      const dBias = needsBias ? columnSums(dOut, bias!.shape) : undefined;
      const dWeight = needsWeight
        ? gradientOfWeight(x, dOut, { geometry, shape: weight.shape })
        : undefined;
      letGo(x); // Before dX, which is as large, is made.
      const dX = needsX ? gradientOfInput(dOut, weight, { geometry, shape: x.shape }) : undefined;
      return [dX, dWeight, dBias];
    },
  });
  return out;
}

interface Wanted {
  readonly geometry: Geometry;
  readonly shape: Shape;
}

/** dX of a convolution from dOut; not recorded. */
export function gradientOfInput(dOut: Tensor, weight: Tensor, { geometry, shape }: Wanted): Tensor {
  if (dOut.size === 0) return full(dOut.device, shape, 0);
  const dX = empty(dOut.device, shape);
  launch(inputKernel, { source: dOut, weight, bias: weight, destination: dX }, geometry);
  return dX;
}

/** dWeight of a convolution from x and dOut; not recorded. */
export function gradientOfWeight(x: Tensor, dOut: Tensor, { geometry, shape }: Wanted): Tensor {
  if (dOut.size === 0) return full(dOut.device, shape, 0);
  const dWeight = empty(dOut.device, shape);
  launch(weightKernel, { x, dOut, dWeight }, geometry);
  return dWeight;
}
