/**
 * ReLU: `out = max(x, 0)`; its gradient is 0 at 0, as PyTorch's.
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { elementwise } from "../_shared/elementwise.ts";
import forwardSource from "./forward.wgsl" with { type: "text" };
import * as host from "./host.ts";
import { maskDispatches } from "./mask.ts";

const forwardShader = { source: forwardSource };

const forwardKernel = defineKernel({
  name: "relu",
  signature: { x: "f32", out: "f32" },
  host: host.forward,
  wgsl: ({ size }: { size: number }, context) =>
    elementwise(forwardShader, size, { context, split: ["x", "out"] }),
});

const backwardKernel = defineKernel({
  name: "relu_backward_x",
  signature: { dOut: "f32", out: "f32", dX: "f32" },
  host: host.backwardX,
  wgsl: maskDispatches,
});

/**
 * Rectified linear unit.
 * @param x f32 of any shape
 * @returns f32 of x's shape; NaN stays NaN on the CPU device, and is 0 where the GPU's `max` says so
 */
export function relu(x: Tensor): Tensor {
  const out = empty(x.device, x.shape);
  launch(forwardKernel, { x, out }, { size: x.size });
  differentiable({
    inputs: [x],
    outputs: [out],
    saved: [out],
    backward: ([dOut]) => {
      const dX = empty(x.device, x.shape);
      launch(backwardKernel, { dOut: dOut!, out, dX }, { size: x.size });
      return [dX];
    },
  });
  return out;
}
