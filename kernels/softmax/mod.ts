/**
 * Softmax of rows: class probabilities in testing. It has no gradient; training uses softmaxCrossEntropy().
 * @module
 */
import { defineKernel, empty, gridFor, launch, type Tensor } from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import forwardSource from "./forward.wgsl" with { type: "text" };
import * as host from "./host.ts";

const shader = { source: forwardSource };

const forwardKernel = defineKernel({
  name: "softmax",
  signature: { x: "f32", out: "f32" },
  host: host.forward,
  wgsl: ({ rows, classes }: { rows: number; classes: number }) => {
    const { grid, rowLength } = gridFor(rows, 64);
    return [{ shader, uniforms: { rows, row: rowLength, classes }, grid }];
  },
});

/**
 * `exp(x) / Σ exp(x)` of each row. Not differentiable: its output never requires a gradient.
 * @param x f32 [M, C]
 * @returns f32 [M, C]
 * @throws RangeError where x is not a matrix
 */
export function softmax(x: Tensor): Tensor {
  const [rows = 0, classes = 0] = x.shape;
  expectShape(x, [rows, classes], "x");
  const out = empty(x.device, x.shape);
  launch(forwardKernel, { x, out }, { rows, classes });
  return out;
}
