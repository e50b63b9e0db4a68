/** Dispatches of the ReLU's gradient, for the operator and for those that a ReLU is fused into. */
import {
  alignedView,
  type Dispatch,
  gridFor,
  type PlanContext,
  splitRange,
} from "../../core/runtime/mod.ts";
import { elementwise } from "../_shared/elementwise.ts";
import backwardSource from "./backward_x.wgsl" with { type: "text" };
import vectorSource from "./backward_x_vec4.wgsl" with { type: "text" };

const shader = { source: backwardSource };

/** Lanes of a software adapter's workgroup, and vectors that each works on. */
const LANES = 8, PER_LANE = 32;
const vectorShader = { source: vectorSource, constants: { LANES, PER_LANE } };

/** dX = dOut where out > 0, else 0: `size` elements of each. */
export function maskDispatches(
  { size }: { readonly size: number },
  context: PlanContext,
): Dispatch[] {
  if (!context.isSoftware || size % 4 !== 0) {
    return elementwise(shader, size, { context, split: ["dOut", "out", "dX"] });
  }
  return splitRange(size, 4, context).map(({ start, end }): Dispatch => {
    const { view, base } = alignedView(start, end, context);
    const vectors = (end - start) / 4;
    const { grid, rowLength } = gridFor(Math.ceil(vectors / PER_LANE), LANES);
    const uniforms = { size: vectors, row: rowLength, base: base / 4 };
    return { shader: vectorShader, uniforms, grid, views: { dOut: view, out: view, dX: view } };
  });
}
