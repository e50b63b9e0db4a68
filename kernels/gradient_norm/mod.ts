/**
 * The global L2 norm of all gradients, the factor that clips it, and whether anything is NaN or Inf: on the
 * device, without waiting, one dispatch per seven tensors and one at the end. The optimizer reads the result there
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
import finishSource from "./finish.wgsl" with { type: "text" };
import * as host from "./host.ts";
import sumSquaresSource from "./sum_squares.wgsl" with { type: "text" };

const finishShader = { source: laneSumSource + finishSource };

/** Tensors of one launch. */
const TENSORS = { a: "f32", b: "f32", c: "f32", d: "f32", e: "f32", f: "f32", g: "f32" } as const;

/** What stands before sum_squares.wgsl for numbers and for vectors; a software adapter runs 8 lanes at a time. */
const VALUES = {
  1: "alias Value = f32;\nfn total(value: Value) -> f32 { return value; }\n",
  4: "alias Value = vec4f;\nfn total(value: Value) -> f32 { return dot(value, Value(1.0)); }\n",
};
const sumSquaresShaders = { gpu: shadersOf(64), software: shadersOf(8) };

function shadersOf(lanes: number): Record<1 | 4, Shader> {
  const shaderOf = (unit: 1 | 4) => ({
    source: laneSumSource + VALUES[unit] + sumSquaresSource,
    constants: { LANES: lanes },
  });
  return { 1: shaderOf(1), 4: shaderOf(4) };
}

/** Elements per slot: enough work for a workgroup, few enough slots for the last kernel (R-50: 2 600). */
const CHUNK = 16384;

const sumSquaresKernel = defineKernel({
  name: "gradient_norm_sum_squares",
  signature: { ...TENSORS, slots: "f32" },
  host: host.sumSquares,
  wgsl: (p: host.SquaresParams, context) =>
    p.sizes.length > 1
      ? [squaresDispatch(p, context)]
      : splitRange(p.sizes[0]!, p.chunk, context).map(({ start, end }): Dispatch => {
        const { view } = alignedView(start, end, context);
        const part = { ...p, sizes: [end - start], slot: p.slot + start / p.chunk };
        const views = Object.fromEntries(Object.keys(TENSORS).map((name) => [name, view]));
        return { ...squaresDispatch(part, context), views };
      }),
});

/** One dispatch over tensors that fit bindings. */
function squaresDispatch(
  { sizes, unit, chunk, slot }: host.SquaresParams,
  { isSoftware }: PlanContext,
): Dispatch {
  const counts = sizes.map((size) => ceilDiv(size, chunk));
  const chunks = counts.reduce((sum, count) => sum + count, 0);
  const uniforms: Record<string, number> = { chunk: chunk / unit, slot };
  for (let l = 0, start = 0; l < 7; l++) {
    uniforms[`size${l}`] = (sizes[l] ?? 0) / unit;
    if (l > 0) uniforms[`start${l}`] = l < sizes.length ? start : chunks;
    start += counts[l] ?? 0;
  }
  const shader = sumSquaresShaders[isSoftware ? "software" : "gpu"][unit];
  return { shader, uniforms, grid: [chunks, 1, 1] };
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
    const [a, b = a, c = a, d = a, e = a, f = a, g = a] = run as [Tensor, ...Tensor[]];
    const params = { sizes: run.map(({ size }) => size), unit: unitOf(run), chunk: CHUNK, slot };
    launch(sumSquaresKernel, { a, b, c, d, e, f, g, slots }, params);
    slot += slotsOf(run);
  }
  const state = empty(device, [4]);
  launch(finishKernel, { slots, state }, { gradientSlots, slotCount, maxNorm });
  return state;
}

/** Tensors of one launch each, the gradients before the losses: up to seven that can be read alike. */
function runsOf(gradients: readonly Tensor[], losses: readonly Tensor[]): Tensor[][] {
  const isWide = ({ size }: Tensor) => size % 4 === 0;
  const wide = gradients.filter(isWide), rest = gradients.filter((x) => !isWide(x));
  const runs: Tensor[][] = [];
  for (const x of [...wide, ...rest, ...losses].filter(({ size }) => size > 0)) {
    const run = runs.at(-1);
    const fits = (y: Tensor) => 4 * y.size <= x.device.info.maxBindingBytes;
    if (run && run.length < 7 && isWide(run[0]!) === isWide(x) && [...run, x].every(fits)) {
      run.push(x);
    } else runs.push([x]);
  }
  return runs;
}

function unitOf(run: readonly Tensor[]): 1 | 4 {
  return run.every(({ size }) => size % 4 === 0) ? 4 : 1;
}
