/**
 * The global L2 norm of all gradients, the factor that clips it, and whether anything is NaN or Inf: on the
 * device, without waiting, one dispatch per tensor and one at the end. The optimizer reads the result there
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
  splitRange,
  type Tensor,
} from "../../core/runtime/mod.ts";
import laneSumSource from "../_shared/lane_sum.wgsl" with { type: "text" };
import finishSource from "./finish.wgsl" with { type: "text" };
import * as host from "./host.ts";
import sumSquaresSource from "./sum_squares.wgsl" with { type: "text" };

const sumSquaresShader = { source: laneSumSource + sumSquaresSource };
const finishShader = { source: laneSumSource + finishSource };

/** Elements per slot: enough work for a workgroup, few enough slots for the last kernel (R-50: 2 600). */
const CHUNK = 16384;

const sumSquaresKernel = defineKernel({
  name: "gradient_norm_sum_squares",
  signature: { x: "f32", slots: "f32" },
  host: host.sumSquares,
  wgsl: (p: { size: number; chunk: number; slot: number }, context) =>
    splitRange(p.size, p.chunk, context).map(({ start, end }): Dispatch => {
      const { view, base } = alignedView(start, end, context);
      const size = end - start;
      return {
        shader: sumSquaresShader,
        uniforms: { size, base, chunk: p.chunk, slot: p.slot + start / p.chunk },
        grid: [ceilDiv(size, p.chunk), 1, 1],
        views: { x: view },
      };
    }),
});

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
  const all = [...gradients, ...losses];
  const device = all[0]?.device;
  if (!device) throw new RangeError("Cannot compute the norm of no gradients");
  const counts = all.map(({ size }) => ceilDiv(size, CHUNK));
  const slotCount = counts.reduce((sum, count) => sum + count, 0);
  const slots = empty(device, [slotCount]);
  let slot = 0, gradientSlots = 0;
  all.forEach((x, i) => {
    launch(sumSquaresKernel, { x, slots }, { size: x.size, chunk: CHUNK, slot });
    slot += counts[i]!;
    if (i < gradients.length) gradientSlots = slot;
  });
  const state = empty(device, [4]);
  launch(finishKernel, { slots, state }, { gradientSlots, slotCount, maxNorm });
  return state;
}
