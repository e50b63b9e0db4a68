/**
 * Stochastic gradient descent with momentum, in place, as torch.optim.SGD (no dampening, no Nesterov); the
 * learning rate multiplies the velocity, so a change of it needs no correction of the velocity.
 * @module
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  type PlanContext,
  scope,
  splitRange,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import * as host from "./host.ts";
import stepSource from "./step.wgsl" with { type: "text" };

const shaders = {
  scalar: { source: `alias Value = f32;\n${stepSource}` },
  vec4: { source: `alias Value = vec4f;\n${stepSource}` },
};

/** Values of a workgroup, as in step.wgsl. */
const BLOCK = 256;

/** The second weight's names end in 2; its size is 0 where there is none. */
const stepKernel = defineKernel({
  name: "sgd",
  signature: {
    weight: "f32",
    velocity: "f32",
    gradient: "f32",
    weight2: "f32",
    velocity2: "f32",
    gradient2: "f32",
    state: "f32",
  },
  host: host.stepTwo,
  wgsl: stepDispatches,
});

/** Two weights that fit bindings, or the parts of one. */
function stepDispatches({ size, size2, ...rates }: host.SgdParams, context: PlanContext) {
  const unit = size % 4 === 0 && size2 % 4 === 0 ? 4 : 1;
  const parts = size2 > 0 ? [{ start: 0, end: size }] : splitRange(size, 4, context);
  return parts.map(({ start, end }): Dispatch => {
    const { view, base } = alignedView(start, end, context);
    const length = (end - start) / unit, length2 = size2 / unit;
    const blocks = ceilDiv(length, BLOCK);
    const { grid, rowLength: row } = gridFor(blocks + ceilDiv(length2, BLOCK), 1);
    const extent = { row, blocks, base: base / unit, size: length, size2: length2 };
    return {
      shader: unit === 4 ? shaders.vec4 : shaders.scalar,
      uniforms: { ...extent, ...rates },
      grid,
      views: { weight: view, velocity: view, gradient: view },
    };
  });
}

/** One weight's part in a step. */
export interface SgdUpdate {
  /** f32 of any shape, updated in place. */
  readonly weight: Tensor;
  /** f32 of the weight's shape. */
  readonly gradient: Tensor;
  /** f32 of the weight's shape, zeros before the first step; updated in place. */
  readonly velocity: Tensor;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** What all updates of a step share. */
export interface SgdShared {
  /** f32 [4] of gradientNorm(): the clip scale, and the flag that stops the step. */
  readonly state: Tensor;
  readonly momentum: number;
}

/** What {@link sgdStep} takes besides the weight. */
export type SgdStepOptions = Omit<SgdUpdate, "weight"> & SgdShared;

/** {@link sgdSteps} of one weight. @throws RangeError where the shapes do not fit */
export function sgdStep(weight: Tensor, options: SgdStepOptions): void {
  sgdSteps([{ weight, ...options }], options);
}

/**
 * `velocity = momentum·velocity + (gradient·clip + weightDecay·weight)`, `weight −= learningRate·velocity`, both in
 * place, for each of some different weights, two a launch; nothing where `state` says that something is NaN or Inf.
 * Not recorded on the tape.
 * @throws RangeError where the shapes do not fit
 */
export function sgdSteps(updates: readonly SgdUpdate[], { state, momentum }: SgdShared): void {
  expectShape(state, [4], "state");
  for (const { weight, gradient, velocity } of updates) {
    expectShape(gradient, weight.shape, "gradient");
    expectShape(velocity, weight.shape, "velocity");
  }
  scope(() => {
    for (const [first, second] of pairsOf(updates)) {
      const { device } = first.weight;
      const { weight, velocity, gradient, learningRate, weightDecay } = first;
      const none = () => empty(device, [0]);
      const { weight: weight2, velocity: velocity2, gradient: gradient2 } = second ??
        { weight: none(), velocity: none(), gradient: none() };
      launch(stepKernel, { weight, velocity, gradient, weight2, velocity2, gradient2, state }, {
        ...{ size: weight.size, learningRate, weightDecay, momentum },
        size2: second?.weight.size ?? 0,
        learningRate2: second?.learningRate ?? 0,
        weightDecay2: second?.weightDecay ?? 0,
      });
    }
  });
}

/** Pairs of weights that can be read alike and fit bindings; the rest one by one. */
function pairsOf(updates: readonly SgdUpdate[]): (readonly [SgdUpdate, SgdUpdate?])[] {
  const pairs: (readonly [SgdUpdate, SgdUpdate?])[] = [];
  const waiting = new Map<boolean, SgdUpdate>();
  for (const update of updates.filter(({ weight }) => weight.size > 0)) {
    const { size, device } = update.weight, isWide = size % 4 === 0;
    const other = waiting.get(isWide);
    if (4 * size > device.info.maxBindingBytes) pairs.push([update]);
    else if (!other) waiting.set(isWide, update);
    else {
      waiting.delete(isWide);
      pairs.push([other, update]);
    }
  }
  for (const update of waiting.values()) pairs.push([update]);
  return pairs;
}
