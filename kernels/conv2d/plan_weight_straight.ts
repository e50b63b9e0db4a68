/**
 * The gradient of the weight in straight lines (weight_straight.wgsl): each dispatch adds a block of output pixels to
 * every split.
 * @module
 */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import type { Geometry } from "./geometry.ts";
import type { Part } from "./parts.ts";
import { DEPTH, straightSums } from "./weight_straight.ts";

/** Invocations of a workgroup: more share one copy of dOut, fewer leave less idle where rows are few. */
const LANES = { few: 64, many: 128 } as const;

/** Fours of outer channels of a workgroup. */
const BLOCKS = { narrow: 4, wide: 16 } as const;

/** Outer channels up to which narrow workgroups leave less idle than wide ones. */
const NARROW_CHANNELS = 40;

/** Workgroups of one dispatch that make up for starting it, and output pixels of a split. */
const ENOUGH_GROUPS = 32;

/** Share of the multiplications that must be wanted: to be a variant, and to be the first choice. */
const LEAST_USE = { variant: 0.2, first: 0.4 } as const;

type Width = keyof typeof BLOCKS;
type Size = keyof typeof LANES;

const SHADERS: Readonly<Record<Width, Readonly<Record<Size, Shader>>>> = {
  narrow: shadersOf(BLOCKS.narrow),
  wide: shadersOf(BLOCKS.wide),
};

function shadersOf(blocks: number): Readonly<Record<Size, Shader>> {
  const source = straightSums(blocks);
  return {
    few: { source, constants: { lanes: LANES.few, blocks } },
    many: { source, constants: { lanes: LANES.many, blocks } },
  };
}

/** How the rows and columns of the result are cut into workgroups. */
interface Cut {
  readonly rows: number;
  readonly width: Width;
  readonly size: Size;
  /** Workgroups of one split, along rows and columns, and over groups. */
  readonly rowGroups: number;
  readonly columnGroups: number;
}

function cutOf(g: Geometry): Cut {
  const rows = g.kh * g.kw * g.c / g.groups, columns = g.o / g.groups;
  const width = columns <= NARROW_CHANNELS ? "narrow" : "wide";
  const size = rows <= LANES.few ? "few" : "many";
  const rowGroups = ceilDiv(rows, LANES[size]);
  return { rows, width, size, rowGroups, columnGroups: ceilDiv(columns, 4 * BLOCKS[width]) };
}

/** True where few of the multiplications would be in vain: of a variant, or else of a first choice. */
export function isStraightWeight(
  g: Geometry,
  context: { readonly isSoftware: boolean },
  as: keyof typeof LEAST_USE,
): boolean {
  if (!context.isSoftware || (g.o / g.groups) % 4 !== 0) return false;
  const { rows, width, size, rowGroups, columnGroups } = cutOf(g);
  const pixels = g.n * g.ho * g.wo;
  const wanted = rows * (g.o / g.groups) * pixels;
  const made = rowGroups * LANES[size] * columnGroups * 4 * BLOCKS[width] * DEPTH *
    ceilDiv(pixels, DEPTH);
  return wanted >= LEAST_USE[as] * made;
}

/** Splits of the sum over pixels that give a dispatch enough to do. */
export function straightSplits(g: Geometry): number {
  const { rowGroups, columnGroups } = cutOf(g);
  const blocks = ceilDiv(g.n * g.ho * g.wo, DEPTH);
  return Math.min(blocks, ceilDiv(ENOUGH_GROUPS, rowGroups * columnGroups * g.groups));
}

/** The dispatches of all parts, whose first assigns what the others add to. */
export function straightWeight(
  g: Geometry,
  { parts, splits }: { parts: readonly Part[]; splits: number },
  context: PlanContext,
): Dispatch[] {
  const { rows, width, size, rowGroups, columnGroups } = cutOf(g);
  const shader = SHADERS[width][size];
  return parts.flatMap((part, index) => {
    const { views, uniforms } = bindingsOf(g, part, context);
    const pixels = part.images * part.rows * g.wo;
    return Array.from({ length: ceilDiv(pixels, splits * DEPTH) }, (_, block): Dispatch => {
      const first = block * splits * DEPTH;
      const here = Math.min(pixels - first, splits * DEPTH);
      const isFirst = index === 0 && block === 0;
      const splitsHere = isFirst ? splits : ceilDiv(here, DEPTH);
      return {
        shader,
        grid: [rowGroups, columnGroups, splitsHere * g.groups],
        views,
        uniforms: { ...uniforms, rows, first, pixels: here, accumulate: isFirst ? 0 : 1 },
      };
    });
  });
}

/** What all dispatches of a part have in common. */
function bindingsOf(
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
