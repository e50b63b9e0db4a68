/**
 * Stochastic gradient descent with momentum, in place, as torch.optim.SGD (no dampening, no Nesterov); the
 * learning rate multiplies the velocity, so a change of it needs no correction of the velocity.
 * @module
 */
import { defineKernel, launch, type Tensor } from "../../core/runtime/mod.ts";
import { elementwise } from "../_shared/elementwise.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import * as host from "./host.ts";
import stepSource from "./step.wgsl" with { type: "text" };

const shader = { source: stepSource };

const stepKernel = defineKernel({
  name: "sgd",
  signature: { weight: "f32", velocity: "f32", gradient: "f32", state: "f32" },
  host: host.step,
  wgsl: ({ size, ...uniforms }: host.SgdParams, context) =>
    elementwise(shader, size, { context, split: ["weight", "velocity", "gradient"], uniforms }),
});

/** What {@link sgdStep} takes besides the weight. */
export interface SgdStepOptions {
  /** f32 of the weight's shape. */
  readonly gradient: Tensor;
  /** f32 of the weight's shape, zeros before the first step; updated in place. */
  readonly velocity: Tensor;
  /** f32 [4] of gradientNorm(): the clip scale, and the flag that stops the step. */
  readonly state: Tensor;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/**
 * `velocity = momentum·velocity + (gradient·clip + weightDecay·weight)`, `weight −= learningRate·velocity`, both in
 * place; nothing where `state` says that something is NaN or Inf. Not recorded on the tape.
 * @param weight f32 of any shape
 * @throws RangeError where the shapes do not fit
 */
export function sgdStep(weight: Tensor, options: SgdStepOptions): void {
  const { gradient, velocity, state, learningRate, momentum, weightDecay } = options;
  expectShape(gradient, weight.shape, "gradient");
  expectShape(velocity, weight.shape, "velocity");
  expectShape(state, [4], "state");
  const params = { size: weight.size, learningRate, momentum, weightDecay };
  launch(stepKernel, { weight, velocity, gradient, state }, params);
}
