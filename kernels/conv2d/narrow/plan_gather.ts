/** Forward convolutions of few channels in straight lines (gather.wgsl). */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  type PlanContext,
} from "../../../core/runtime/mod.ts";
import { forwardAxis } from "../extents/axis.ts";
import { flopsOf, type Geometry } from "../extents/geometry.ts";
import { narrowShader, narrowShape, seenBy, TILE } from "./gather.ts";
import { type Maps, partsOf } from "../extents/parts.ts";

/** Fours of workgroup memory that software adapters have. */
export const WORKGROUP_FOURS = 2048;

/** The most input channels, and rows of the weight that an invocation multiplies. */
const MOST = { channels: 4, products: 300 };

/** The least rows of the weight; and for a first choice, operations that make up for compiling, and use of the tiles. */
const LEAST = { rows: 24, flops: 1e9, use: 0.75 };

/** True for few channels whose fours the kernels can load: rows of whole fours, each tap next to the one before. */
export function fitsNarrow(g: Geometry, { isSoftware }: { readonly isSoftware: boolean }): boolean {
  const isPlain = g.groups === 1 && g.dilation === 1 && g.c <= MOST.channels;
  return isSoftware && isPlain && g.kh * g.kw * g.c >= LEAST.rows &&
    g.o % 4 === 0 && g.w * g.c % 4 === 0;
}

/** True where the forward kernel of few channels computes the geometry. */
export function isNarrowForward(g: Geometry, context: PlanContext): boolean {
  if (!fitsNarrow(g, context)) return false;
  const shape = narrowShape(g), { patchRows, patchFours } = seenBy(shape);
  const rows = g.kh * g.kw * g.c;
  return rows * shape.pixels <= MOST.products &&
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
        sourceH: part.sourceRows,
        sourceFours: g.w * g.c / 4,
        sourceBase: from.base / 4,
        destinationBase: to.base / 4,
        offsetY: part.offset,
        firstFour: Math.floor(-g.padding * g.c / 4),
        blocks: g.o / 4,
        blockGroups,
        hasBias: hasBias ? 1 : 0,
        relu: relu ? 1 : 0,
      },
    };
  });
}
