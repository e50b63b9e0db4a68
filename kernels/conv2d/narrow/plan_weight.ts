/** The gradient of the weight where channels are few, in straight lines (weight.wgsl). */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  type PlanContext,
} from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import type { Part } from "../extents/parts.ts";
import { fitsNarrow, foursUniforms, narrowShape, WORKGROUP_FOURS } from "./shape.ts";
import { foursOfTile, narrowWeightShader, WEIGHT_TILE } from "./weight.ts";

/** Splits of the sum over pixels at most: tiles of one dispatch. */
const MOST_SPLITS = 256;

/** Rows of the result at most, which are invocations of a workgroup. */
const MOST_ROWS = 256;

/** True where the kernel of few channels computes the geometry; from one tile to the next there must be whole fours. */
export function isNarrowWeight(g: Geometry, context: { readonly isSoftware: boolean }): boolean {
  return fitsNarrow(g, context) && g.stride * g.c % 2 === 0 &&
    g.kh * g.kw * g.c <= MOST_ROWS && foursOfTile(narrowShape(g)) <= WORKGROUP_FOURS;
}

/** Tiles of an image's rows, or of some of them. */
function tilesOf(g: Geometry, rows: number): { tilesX: number; tilesY: number } {
  return {
    tilesX: ceilDiv(g.wo, WEIGHT_TILE.columns),
    tilesY: ceilDiv(rows, WEIGHT_TILE.rows),
  };
}

/** Splits of the sum over pixels: each tile by itself, where these are not too many to add up. */
export function narrowSplits(g: Geometry): number {
  const { tilesX, tilesY } = tilesOf(g, g.ho);
  return Math.min(MOST_SPLITS, g.n * tilesX * tilesY);
}

/** The dispatches of all parts, whose first assigns what the others add to. */
export function narrowWeight(
  g: Geometry,
  { parts, splits }: { parts: readonly Part[]; splits: number },
  context: PlanContext,
): Dispatch[] {
  const shader = narrowWeightShader(narrowShape(g));
  return parts.flatMap((part, index) => {
    const { tilesX, tilesY } = tilesOf(g, part.rows);
    const tiles = part.images * tilesX * tilesY;
    const x = alignedView(part.source.start, part.source.end, context);
    const dOut = alignedView(part.destination.start, part.destination.end, context);
    return Array.from({ length: ceilDiv(tiles, splits) }, (_, launch): Dispatch => {
      const first = launch * splits, isFirst = index === 0 && launch === 0;
      return {
        shader,
        grid: [isFirst ? splits : Math.min(splits, tiles - first), ceilDiv(g.o, 16), 1],
        tensors: { source: "x" },
        views: { source: x.view, dOut: dOut.view },
        uniforms: {
          first,
          tiles,
          tilesX,
          tilesY,
          outputH: part.rows,
          outputW: g.wo,
          dOutBase: dOut.base / 4,
          ...foursUniforms(g, part, x.base),
          accumulate: isFirst ? 0 : 1,
        },
      };
    });
  });
}
