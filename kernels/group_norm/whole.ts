/** Dispatches that normalize whole groups, for software adapters; undefined where that does not fit. */
import { type Dispatch, MAX_GROUPS, type PlanContext } from "../../core/runtime/mod.ts";
import nanSource from "../_shared/nan.wgsl" with { type: "text" };
import type { GroupNormExtent } from "./host.ts";
import sumParametersSource from "./sum_parameters.wgsl" with { type: "text" };
import backwardSource from "./whole_backward.wgsl" with { type: "text" };
import forwardSource from "./whole_forward.wgsl" with { type: "text" };
import groupSource from "./whole_group.wgsl" with { type: "text" };

const forwardShader = { source: nanSource + groupSource + forwardSource };
const backwardShader = { source: groupSource + backwardSource };
const sumParametersShader = { source: sumParametersSource };

/** As in whole_group.wgsl. */
const LANES = 16;

/** Uniforms and workgroups of both shaders. */
function groupsOf(
  { images, pixels, channels, groups }: GroupNormExtent,
  { isSoftware, maxBindingBytes }: PlanContext,
) {
  const width = channels / groups, across = Math.max(1, width / 4), quads = channels / 4;
  const isAligned = channels % 4 === 0 && (width % 4 === 0 || 4 % width === 0);
  const count = images * quads / across, bytes = 4 * images * pixels * channels;
  const fits = isAligned && LANES % across === 0 && count <= MAX_GROUPS &&
    bytes <= maxBindingBytes;
  if (!isSoftware || !fits || bytes === 0) return undefined;
  const grid: [number, number, number] = [count, 1, 1];
  return { grid, extent: { pixels, quads, across, width, groups } };
}

/** All of the forward pass. */
export function wholeForward(
  p: GroupNormExtent & { relu: boolean; hasResidual: boolean; epsilon: number },
  context: PlanContext,
): Dispatch[] | undefined {
  const whole = groupsOf(p, context);
  if (!whole) return undefined;
  const { grid, extent } = whole, { epsilon } = p;
  const uniforms = { ...extent, relu: Number(p.relu), option: Number(p.hasResidual), epsilon };
  return [{ shader: forwardShader, uniforms, grid }];
}

/** All gradients. */
export function wholeBackward(
  p: GroupNormExtent & { relu: boolean },
  context: PlanContext,
): Dispatch[] | undefined {
  const whole = groupsOf(p, context);
  if (!whole) return undefined;
  const { grid, extent } = whole, { channels, images } = p;
  const uniforms = { ...extent, relu: Number(p.relu), option: 0, epsilon: 0 };
  return [
    { shader: backwardShader, uniforms, grid },
    {
      shader: sumParametersShader,
      uniforms: { channels, rows: images },
      grid: [Math.ceil(channels / 64), 1, 1],
    },
  ];
}
