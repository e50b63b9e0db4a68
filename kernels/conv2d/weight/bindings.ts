/** What the kernels of the gradient of the weight are told of a part, whichever way they sum. */
import { alignedView, type Dispatch, type PlanContext } from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import type { Part } from "../extents/parts.ts";

/** Views of x and dOut, and where the taps of the geometry lie in them. */
export function bindingsOf(
  g: Geometry,
  part: Part,
  context: PlanContext,
): Required<Pick<Dispatch, "views" | "uniforms">> {
  const x = alignedView(part.source.start, part.source.end, context);
  const dOut = alignedView(part.destination.start, part.destination.end, context);
  const uniforms = {
    outputH: part.rows,
    outputW: g.wo,
    inputH: part.sourceRows,
    inputW: g.w,
    inputC: g.c,
    outputC: g.o,
    xBase: x.base,
    dOutBase: dOut.base,
    stride: g.stride,
    dilation: g.dilation,
    offsetY: part.offset,
    offsetX: -g.padding,
    kw: g.kw,
    perGroupC: g.c / g.groups,
    perGroupO: g.o / g.groups,
    groups: g.groups,
  };
  return { views: { x: x.view, dOut: dOut.view }, uniforms };
}
