/**
 * The global L2 norm of all gradients, the factor that clips it, and whether anything is NaN or Inf: on the
 * device, without waiting, one dispatch for some tensors each and one at the end. The optimizer reads the result there
 * (torch.nn.utils.clip_grad_norm_).
 * @module
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  type Dispatch,
  empty,
  launch,
  type PlanContext,
  type Shader,
  splitRange,
  type Tensor,
} from "../../core/runtime/mod.ts";
import laneSumSource from "../_shared/lane_sum.wgsl" with { type: "text" };
import { blocksOf, numbered, perTensor, unitOf } from "../_shared/per_tensor.ts";
import finishSource from "./finish.wgsl" with { type: "text" };
import * as host from "./host.ts";
import sumSquaresSource from "./sum_squares.wgsl" with { type: "text" };

const finishShader = { source: laneSumSource + finishSource };

/** What stands before sum_squares.wgsl for numbers and for vectors. */
const VALUES = {
  1: "alias Value = f32;\nfn total(value: Value) -> f32 { return value; }\n",
  4: "alias Value = vec4f;\nfn total(value: Value) -> f32 { return dot(value, Value(1.0)); }\n",
};

/** Elements per slot: enough work for a workgroup, few enough slots for the last kernel (R-50: 2 600). */
const CHUNK = 16384;

/** Tensors of a launch with WebGPU's guaranteed 8 storage buffers, and with more. */
const FEW = 7, MANY = 15;
const kernels = { few: squaresKernelOf(FEW), many: squaresKernelOf(MANY) };
const NAMES = Object.keys(numbered(["tensor"], MANY));

function squaresKernelOf(count: number) {
  const text = perTensor(sumSquaresSource, count);
  const shaders = {
    gpu: shadersOf(text, { LANES: 64, AT_ONCE: 4 }),
    // It runs 8 lanes at a time, and each load for each of them by itself.
    software: shadersOf(text, { LANES: 8, AT_ONCE: 1 }),
  };
  return defineKernel({
    name: "gradient_norm_sum_squares",
    signature: { ...numbered(["tensor"], count), slots: "f32" },
    host: host.sumSquares,
    wgsl: (params: host.SquaresParams, context) =>
      squaresDispatches(params, {
        context,
        count,
        shaders: shaders[context.isSoftware ? "software" : "gpu"],
      }),
  });
}

type Shaders = Readonly<Record<1 | 4, Shader>>;

function shadersOf(text: string, constants: { LANES: number; AT_ONCE: number }): Shaders {
  const shaderOf = (unit: 1 | 4) => ({ source: laneSumSource + VALUES[unit] + text, constants });
  return { 1: shaderOf(1), 4: shaderOf(4) };
}

/** Some tensors that fit bindings, or the parts of one. */
function squaresDispatches(
  { sizes, chunk, slot }: host.SquaresParams,
  { context, count, shaders }: { context: PlanContext; count: number; shaders: Shaders },
): Dispatch[] {
  const unit = unitOf(sizes);
  const dispatchOf = (sizes: readonly number[], slot: number): Dispatch => {
    const values = sizes.map((size) => size / unit), block = chunk / unit;
    const { blocks, extents } = blocksOf(values, { count, block });
    const uniforms = { chunk: block, slot, ...extents };
    return { shader: shaders[unit], uniforms, grid: [blocks, 1, 1] };
  };
  if (sizes.length > 1) return [dispatchOf(sizes, slot)];
  return splitRange(sizes[0]!, chunk, context).map(({ start, end }) => {
    const { view } = alignedView(start, end, context);
    const views = Object.fromEntries(NAMES.slice(0, count).map((name) => [name, view]));
    return { ...dispatchOf([end - start], slot + start / chunk), views };
  });
}

const finishKernel = defineKernel({
  name: "gradient_norm",
  signature: { slots: "f32", state: "f32" },
  host: host.finish,
  wgsl: (uniforms: { gradientSlots: number; slotCount: number; maxNorm: number }) => [
    { shader: finishShader, uniforms, grid: [1, 1, 1] },
  ],
});

/** What {@link gradientNorm} takes besides the gradients. */
export interface GradientNormOptions {
  /** Largest norm that passes unscaled; 0 never scales. */
  readonly maxNorm: number;
  /** f32 tensors that are looked at for NaN and Inf only; none where absent. */
  readonly losses?: readonly Tensor[];
}

/**
 * What the optimizer needs to know of all gradients together.
 * @param gradients f32 of any shapes
 * @returns f32 [4]: the L2 norm over all elements; the clip scale min(1, maxNorm / (norm + 1e-6)), 1 where
 * maxNorm is 0; 1 where a gradient or loss holds NaN or Inf, or a sum of squares overflows float32, else 0; 0
 * @throws RangeError where there is neither a gradient nor a loss
 */
export function gradientNorm(
  gradients: readonly Tensor[],
  { maxNorm, losses = [] }: GradientNormOptions,
): Tensor {
  const device = (gradients[0] ?? losses[0])?.device;
  if (!device) throw new RangeError("Cannot compute the norm of no gradients");
  const slotsOf = (tensors: readonly Tensor[]) =>
    tensors.reduce((sum, { size }) => sum + ceilDiv(size, CHUNK), 0);
  const gradientSlots = slotsOf(gradients), slotCount = gradientSlots + slotsOf(losses);
  const slots = empty(device, [slotCount]);
  let slot = 0;
  for (const run of runsOf(gradients, losses)) {
    const most = mostOf(run[0]);
    const tensors: Record<string, Tensor> = {};
    for (let n = 0; n < most; n++) tensors[NAMES[n]!] = run[n] ?? run[0];
    const params = { sizes: run.map(({ size }) => size), chunk: CHUNK, slot };
    launch(most === MANY ? kernels.many : kernels.few, { ...tensors, slots }, params);
    slot += slotsOf(run);
  }
  const state = empty(device, [4]);
  launch(finishKernel, { slots, state }, { gradientSlots, slotCount, maxNorm });
  return state;
}

/** Tensors of one launch each, the gradients before the losses: such that can be read alike. */
function runsOf(
  gradients: readonly Tensor[],
  losses: readonly Tensor[],
): [Tensor, ...Tensor[]][] {
  const wide: Tensor[] = [], rest: Tensor[] = [];
  for (const x of gradients) (isWide(x) ? wide : rest).push(x);
  const runs: [Tensor, ...Tensor[]][] = [];
  for (const x of [...wide, ...rest, ...losses]) {
    if (x.size === 0) continue;
    const run = runs.at(-1);
    if (run && sharesLaunch(run[0], x) && run.length < mostOf(x)) run.push(x);
    else runs.push([x]);
  }
  return runs;
}

function sharesLaunch(x: Tensor, y: Tensor): boolean {
  return isWide(x) === isWide(y) && fitsBinding(x) && fitsBinding(y);
}

/** True where it is read by vectors. */
function isWide({ size }: Tensor): boolean {
  return unitOf([size]) === 4;
}

function fitsBinding({ size, device }: Tensor): boolean {
  return 4 * size <= device.info.maxBindingBytes;
}

/** Tensors that a launch takes beside this one, and itself. Few are not read by vectors: no large pipeline for them. */
function mostOf(x: Tensor): number {
  return isWide(x) && x.device.info.maxBindings > MANY ? MANY : FEW;
}
