/**
 * The gradient of the weight in straight lines (weight.wgsl): each dispatch adds a block of output pixels to
 * every split.
 * @module
 */
import {
  ceilDiv,
  type Dispatch,
  type PlanContext,
  type Shader,
} from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import type { Part } from "../extents/parts.ts";
import { bindingsOf } from "../weight/bindings.ts";
import { BLOCKS, DEPTH, ROWS, straightSums } from "./weight.ts";

const SHADER: Shader = { source: straightSums() };

/** Workgroups of one dispatch that make up for starting it. */
const ENOUGH_GROUPS = 16;

/** Share of the multiplications that must be wanted: to be a variant, and to be the first choice. */
const LEAST_USE = { variant: 0.3, first: 0.5 } as const;

/** How the result is cut into workgroups. */
interface Cut {
  /** Taps × inner channels of a group. */
  readonly rows: number;
  /** Workgroups along rows and outer channels of a group. */
  readonly rowGroups: number;
  readonly columnGroups: number;
}

function cutOf(g: Geometry): Cut {
  const rows = g.kh * g.kw * g.c / g.groups;
  const columnGroups = ceilDiv(g.o / g.groups, 4 * BLOCKS);
  return { rows, rowGroups: ceilDiv(rows, ROWS), columnGroups };
}

/** True where few of the multiplications would be in vain: as a variant, or as the first choice. */
export function isStraightWeight(
  g: Geometry,
  context: { readonly isSoftware: boolean },
  as: keyof typeof LEAST_USE,
): boolean {
  const columns = g.o / g.groups, pixels = g.n * g.ho * g.wo;
  if (!context.isSoftware || columns % 4 !== 0) return false;
  const { rows, rowGroups, columnGroups } = cutOf(g);
  const made = rowGroups * ROWS * columnGroups * 4 * BLOCKS * ceilDiv(pixels, DEPTH) * DEPTH;
  return rows * columns * pixels >= LEAST_USE[as] * made;
}

/** Splits of the sum over pixels that give a dispatch enough to do. */
export function straightSplits(g: Geometry): number {
  const { rowGroups, columnGroups } = cutOf(g);
  return ceilDiv(ENOUGH_GROUPS, rowGroups * columnGroups * g.groups);
}

/** The dispatches of all parts, whose first assigns what the others add to. */
export function straightWeight(
  g: Geometry,
  { parts, splits }: { parts: readonly Part[]; splits: number },
  context: PlanContext,
): Dispatch[] {
  const { rows, rowGroups, columnGroups } = cutOf(g);
  return parts.flatMap((part, index) => {
    const { views, uniforms } = bindingsOf(g, part, context);
    const pixels = part.images * part.rows * g.wo;
    return Array.from({ length: ceilDiv(pixels, splits * DEPTH) }, (_, block): Dispatch => {
      const first = block * splits * DEPTH;
      const here = Math.min(pixels - first, splits * DEPTH);
      const isFirst = index === 0 && block === 0;
      const splitsHere = isFirst ? splits : ceilDiv(here, DEPTH);
      return {
        shader: SHADER,
        grid: [rowGroups, columnGroups, splitsHere * g.groups],
        views,
        uniforms: { ...uniforms, rows, first, pixels: here, accumulate: isFirst ? 0 : 1 },
      };
    });
  });
}
