/**
 * Stochastic gradient descent with momentum, in place, as torch.optim.SGD (no dampening, no Nesterov); the
 * learning rate multiplies the velocity, so a change of it needs no correction of the velocity.
 * @module
 */
import {
  alignedView,
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
import { blocksOf, numbered, perTensor, unitOf } from "../_shared/per_tensor.ts";
import * as host from "./host.ts";
import stepSource from "./step.wgsl" with { type: "text" };

/** Weights of a launch with WebGPU's guaranteed 8 storage buffers, and with three for each of more. */
const FEW = 2, MANY = 8;
const kernels = { few: stepKernelOf(FEW), many: stepKernelOf(MANY) };
/** What the tensors of each weight of a launch are called. */
const NAMES = Array.from({ length: MANY }, (_, n) => ({
  weight: `weight${n}`,
  velocity: `velocity${n}`,
  gradient: `gradient${n}`,
}));

/** The steps of up to `count` weights: their tensors' names end in their number, and those not there are empty. */
function stepKernelOf(count: number) {
  const text = perTensor(stepSource, count);
  const shaders = {
    gpu: shadersOf(text, { LANES: 64, BLOCK: 256 }),
    // Eight lanes at a time pass by all weights but their own: that has to be rare beside what they do for their own.
    software: shadersOf(text, { LANES: 8, BLOCK: 512 }),
  };
  return defineKernel({
    name: "sgd",
    signature: { ...numbered(["weight", "velocity", "gradient"], count), state: "f32" },
    host: host.steps,
    wgsl: (params: host.SgdParams, context) =>
      stepDispatches(params, {
        context,
        count,
        shaders: shaders[context.isSoftware ? "software" : "gpu"],
      }),
  });
}

type Shaders = ReturnType<typeof shadersOf>;

function shadersOf(text: string, constants: { LANES: number; BLOCK: number }) {
  return {
    1: { source: `alias Value = f32;\n${text}`, constants },
    4: { source: `alias Value = vec4f;\n${text}`, constants },
  };
}

/** Some weights that fit bindings, or the parts of one. */
function stepDispatches(
  { sizes, ...rates }: host.SgdParams,
  { context, count, shaders }: { context: PlanContext; count: number; shaders: Shaders },
): Dispatch[] {
  const unit = unitOf(sizes);
  const shader = shaders[unit], { BLOCK } = shader.constants;
  const dispatchOf = (sizes: readonly number[], base: number): Dispatch => {
    const values = sizes.map((size) => size / unit);
    const { blocks, extents } = blocksOf(values, { count, block: BLOCK });
    const { grid, rowLength: row } = gridFor(blocks, 1);
    return { shader, uniforms: { row, base: base / unit, ...rates, ...extents }, grid };
  };
  if (sizes.length > 1) return [dispatchOf(sizes, 0)];
  return splitRange(sizes[0]!, 4, context).map(({ start, end }) => {
    const { view, base } = alignedView(start, end, context);
    const views = { weight0: view, velocity0: view, gradient0: view };
    return { ...dispatchOf([end - start], base), views };
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
 * place, for each of some different weights, as many a launch as the device binds; nothing where `state` says that
 * something is NaN or Inf.
 * Not recorded on the tape.
 * @throws RangeError where the shapes do not fit
 */
export function sgdSteps(updates: readonly SgdUpdate[], { state, momentum }: SgdShared): void {
  expectShape(state, [4], "state");
  for (const { weight, gradient, velocity } of updates) {
    expectShape(gradient, weight.shape, "gradient");
    expectShape(velocity, weight.shape, "velocity");
  }
  for (const group of groupsOf(updates)) scope(() => launchGroup(group, { state, momentum }));
}

function launchGroup(group: readonly [SgdUpdate, ...SgdUpdate[]], shared: SgdShared): void {
  const { state, momentum } = shared;
  const [{ weight: { device }, learningRate, weightDecay }] = group;
  const most = mostOf(group[0]);
  const tensors: Record<string, Tensor> = {};
  NAMES.slice(0, most).forEach((names, n) => {
    // WebGPU takes no tensor twice that is written: those not there are one each.
    tensors[names.weight] = group[n]?.weight ?? empty(device, [0]);
    tensors[names.velocity] = group[n]?.velocity ?? empty(device, [0]);
    tensors[names.gradient] = group[n]?.gradient ?? empty(device, [0]);
  });
  const sizes = group.map(({ weight }) => weight.size);
  const kernel = most === MANY ? kernels.many : kernels.few;
  launch(kernel, { ...tensors, state }, { sizes, learningRate, momentum, weightDecay });
}

/** Weights of one launch each: such of the same rates that can be read alike and fit bindings. */
function groupsOf(updates: readonly SgdUpdate[]): [SgdUpdate, ...SgdUpdate[]][] {
  const groups: [SgdUpdate, ...SgdUpdate[]][] = [];
  for (const update of updates) {
    if (update.weight.size === 0) continue;
    const group = groups.findLast(([first]) => isAlike(first, update));
    if (group && fitsBinding(update) && group.length < mostOf(update)) group.push(update);
    else groups.push([update]);
  }
  return groups;
}

function isAlike(a: SgdUpdate, b: SgdUpdate): boolean {
  return a.learningRate === b.learningRate && a.weightDecay === b.weightDecay &&
    unitOf([a.weight.size]) === unitOf([b.weight.size]) && fitsBinding(a) === fitsBinding(b);
}

function fitsBinding({ weight: { size, device } }: SgdUpdate): boolean {
  return 4 * size <= device.info.maxBindingBytes;
}

/** Weights that a launch takes beside this one, and itself. Few are not read by vectors: no large pipeline for them. */
function mostOf({ weight: { size, device } }: SgdUpdate): number {
  return unitOf([size]) === 4 && device.info.maxBindings > 3 * MANY ? MANY : FEW;
}
