/**
 * Joins the weights and biases of two layers of the same input, so that one convolution or product computes the
 * outputs of both. Weights are small, so nothing is split.
 * @module
 */
import {
  defineKernel,
  differentiable,
  type Dispatch,
  empty,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import * as host from "./host.ts";
import joinSource from "./join.wgsl" with { type: "text" };
import placeSource from "./place.wgsl" with { type: "text" };
import splitSource from "./split.wgsl" with { type: "text" };

const PARTS = { weightA: "f32", biasA: "f32", weightB: "f32", biasB: "f32" } as const;
const WHOLE = { weight: "f32", bias: "f32" } as const;

const joinKernel = defineKernel({
  name: "join_outputs",
  signature: { ...PARTS, ...WHOLE },
  host: host.join,
  wgsl: planner(joinSource),
});

const splitKernel = defineKernel({
  name: "join_outputs_backward",
  signature: { ...WHOLE, ...PARTS },
  host: host.split,
  wgsl: planner(splitSource),
});

function planner(source: string): (p: host.JoinParams) => Dispatch[] {
  const shader = { source: placeSource + source };
  return ({ rows, first, second, columns }) => {
    const { grid, rowLength: row } = gridFor((rows + 1) * columns, 64);
    return [{ shader, uniforms: { row, rows, first, second, columns }, grid }];
  };
}

/** A layer's tensors: f32 `[…, O]` and `[O]`. */
export interface WeightAndBias {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/**
 * Weight and bias of a layer with the outputs of a, then those of b, then zeros up to a multiple of four, which
 * vectors of four suit. Gradients for all four.
 * @param a weight f32 `[…, A]`, bias f32 `[A]`
 * @param b weight f32 `[…, B]`, bias f32 `[B]`, the other extents those of a
 * @returns weight f32 `[…, O]` and bias f32 `[O]`, O = 4·⌈(A + B) / 4⌉
 * @throws RangeError where the shapes do not fit each other
 */
export function joinOutputs(a: WeightAndBias, b: WeightAndBias): WeightAndBias {
  const extents = a.weight.shape.slice(0, -1);
  const [first = 0] = a.bias.shape, [second = 0] = b.bias.shape;
  expectShape(a.weight, [...extents, first], "the first layer's weight");
  expectShape(b.weight, [...extents, second], "the second layer's weight");
  const columns = 4 * Math.ceil((first + second) / 4);
  const params = { rows: extents.reduce((x, y) => x * y, 1), first, second, columns };
  const { device } = a.weight;
  const weight = empty(device, [...extents, columns]), bias = empty(device, [columns]);
  const inputs = [a.weight, a.bias, b.weight, b.bias] as const;
  launch(joinKernel, { ...named(inputs), weight, bias }, params);
  const shapes = inputs.map(({ shape }) => shape);
  differentiable({
    inputs,
    outputs: [weight, bias],
    saved: [],
    backward: ([dWeight, dBias]) => {
      const parts = shapes.map((shape) => empty(device, shape));
      launch(splitKernel, { weight: dWeight!, bias: dBias!, ...named(parts) }, params);
      return parts;
    },
  });
  return { weight, bias };
}

function named(tensors: readonly Tensor[]): Record<keyof typeof PARTS, Tensor> {
  const [weightA, biasA, weightB, biasB] = tensors as [Tensor, Tensor, Tensor, Tensor];
  return { weightA, biasA, weightB, biasB };
}
