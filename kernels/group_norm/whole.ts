/** Dispatches that normalize whole groups, for software adapters; undefined where that does not fit. */
import {
  type Dispatch,
  MAX_GROUPS,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import type { GroupNormExtent } from "./host.ts";
import backwardSource from "./whole_backward.wgsl" with { type: "text" };
import forwardSource from "./whole_forward.wgsl" with { type: "text" };
import groupSource from "./whole_group.wgsl" with { type: "text" };

/**
 * Lanes of a workgroup. Mesa runs 8 at a time, and without others beside them half as long on few pixels; wide groups
 * take more. The backward pass has all images of a batch in one.
 */
const FORWARD_LANES = [8, 16], BACKWARD_LANES = 64;

const forwardShaders = FORWARD_LANES.map((lanes) => shadersOf(forwardSource, lanes));
const backwardShaders = shadersOf(backwardSource, BACKWARD_LANES);

/** Without and with a residual. */
function shadersOf(source: string, lanes: number) {
  const of = (residual: number): Shader => ({
    source: groupSource + source,
    constants: { LANES: lanes, RESIDUAL: residual },
  });
  return { plain: of(0), residual: of(1) };
}

/** What of a device matters here. */
type Adapter = Pick<PlanContext, "isSoftware" | "maxBindingBytes" | "maxBindings">;

/** Storage bindings of the backward pass. */
const BACKWARD_BINDINGS = 11;

/**
 * Vectors of a cache line, all of which a workgroup should work on, and workgroups that are left at least: a software
 * adapter often has no more cores, and what it reads counts for more.
 */
const LINE = 4, LEAST_GROUPS = 2;

/** Uniforms and workgroups, each of which works on `together` images. */
function groupsOf(
  { images, pixels, channels, groups }: GroupNormExtent,
  { isSoftware, maxBindingBytes }: Adapter,
  { lanes, together }: { readonly lanes: number; readonly together: number },
) {
  const width = channels / groups, across = Math.max(1, width / 4), quads = channels / 4;
  const bytes = 4 * images * pixels * channels;
  if (!isSoftware || channels % 4 !== 0 || bytes === 0 || bytes > maxBindingBytes) return undefined;
  const parts = images / together;
  let span = across;
  while (span < LINE && quads % (2 * span) === 0 && parts * quads / span >= 2 * LEAST_GROUPS) {
    span *= 2;
  }
  const acrossBits = Math.log2(across), spanBits = Math.log2(span), widthBits = Math.log2(width);
  const imageBits = Math.log2(lanes / together);
  const fits = [acrossBits, spanBits, widthBits, imageBits].every(Number.isInteger) &&
    spanBits <= imageBits && parts <= MAX_GROUPS;
  if (!fits) return undefined;
  const grid: [number, number, number] = [quads / span, parts, 1];
  return { grid, extent: { pixels, quads, acrossBits, spanBits, imageBits, widthBits, groups } };
}

/** All of the forward pass. */
export function wholeForward(
  p: GroupNormExtent & { relu: boolean; hasResidual: boolean; epsilon: number },
  context: PlanContext,
): Dispatch[] | undefined {
  for (const [i, lanes] of FORWARD_LANES.entries()) {
    const whole = groupsOf(p, context, { lanes, together: 1 });
    if (!whole) continue;
    const { grid, extent } = whole, { epsilon } = p;
    const shader = forwardShaders[i]![p.hasResidual ? "residual" : "plain"];
    return [{ shader, uniforms: { ...extent, relu: Number(p.relu), epsilon }, grid }];
  }
  return undefined;
}

/** Whether {@link wholeBackward} does for a tensor: its images fit a workgroup, and there are several of those. */
export function hasWholeBackward(extent: GroupNormExtent, adapter: Adapter): boolean {
  return backwardGroups(extent, adapter) !== undefined;
}

function backwardGroups(extent: GroupNormExtent, adapter: Adapter) {
  if (adapter.maxBindings < BACKWARD_BINDINGS) return undefined;
  const { images } = extent;
  const whole = groupsOf(extent, adapter, { lanes: BACKWARD_LANES, together: images });
  return whole && (whole.grid[0] > 1 || images === 1) ? whole : undefined;
}

/** All gradients, the residual's behind a ReLU where `masks`. */
export function wholeBackward(
  p: GroupNormExtent & { relu: boolean; masks: boolean },
  context: PlanContext,
): Dispatch[] | undefined {
  const whole = backwardGroups(p, context);
  if (!whole) return undefined;
  const { grid, extent } = whole;
  const shader = p.masks ? backwardShaders.residual : backwardShaders.plain;
  return [{ shader, uniforms: { ...extent, relu: Number(p.relu), epsilon: 0 }, grid }];
}
