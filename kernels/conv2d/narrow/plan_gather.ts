/** Forward convolutions of few channels in straight lines (gather.wgsl). */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  type PlanContext,
} from "../../../core/runtime/mod.ts";
import { forwardAxis } from "../extents/axis.ts";
import { flopsOf, type Geometry } from "../extents/geometry.ts";
import { type Maps, partsOf } from "../extents/parts.ts";
import { narrowShader, seenBy, TILE } from "./gather.ts";
import { fitsNarrow, foursUniforms, narrowShape, WORKGROUP_FOURS } from "./shape.ts";

/** The most rows of the weight that an invocation multiplies. */
const MOST_PRODUCTS = 300;

/** For a first choice, operations that make up for compiling, and use of the tiles. */
const LEAST = { flops: 1e9, use: 0.75 };

/** True where the forward kernel of few channels computes the geometry. */
export function isNarrowForward(g: Geometry, context: PlanContext): boolean {
  if (!fitsNarrow(g, context)) return false;
  const shape = narrowShape(g), { patchRows, patchFours } = seenBy(shape);
  const rows = g.kh * g.kw * g.c;
  return rows * shape.pixels <= MOST_PRODUCTS &&
    patchRows * patchFours + 4 * rows <= WORKGROUP_FOURS;
}

/** True where a geometry that {@link isNarrowForward} accepts surely gains, before anything was measured. */
export function isWorthNarrow(g: Geometry): boolean {
  return flopsOf(g) >= LEAST.flops && g.o >= LEAST.use * 16 * ceilDiv(g.o, 16);
}

/** The dispatches of all parts. */
export function narrowForward(
  g: Geometry,
  { maps, hasBias, relu }: { maps: Maps; hasBias: boolean; relu: boolean },
  context: PlanContext,
): Dispatch[] {
  const shape = narrowShape(g), blockGroups = ceilDiv(g.o, 16);
  return partsOf(maps, forwardAxis(g, "h"), context).map((part) => {
    const from = alignedView(part.source.start, part.source.end, context);
    const to = alignedView(part.destination.start, part.destination.end, context);
    return {
      shader: narrowShader(shape),
      grid: [
        ceilDiv(g.wo, TILE.columns * shape.pixels),
        ceilDiv(part.rows, TILE.rows),
        part.images * blockGroups,
      ],
      views: { source: from.view, destination: to.view },
      uniforms: {
        gridH: part.rows,
        gridW: g.wo,
        destinationBase: to.base / 4,
        ...foursUniforms(g, part, from.base),
        blockGroups,
        hasBias: hasBias ? 1 : 0,
        relu: relu ? 1 : 0,
      },
    };
  });
}
