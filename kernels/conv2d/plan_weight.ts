/** Dispatches of the gradient of the weight. */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  gridFor,
  type Plan,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import { forwardAxis } from "./axis.ts";
import { type Geometry, isPointwise } from "./geometry.ts";
import { type Part, partsOf } from "./parts.ts";
import { isStraightWeight, straightSplits, straightWeight } from "./plan_weight_straight.ts";
import { isWinograd, winogradWeight } from "./plan_winograd.ts";
import { sizeClass } from "./size_class.ts";
import outerAccess from "./weight_access_outer.wgsl" with { type: "text" };
import scalarAccess from "./weight_access_scalar.wgsl" with { type: "text" };
import vectorAccess from "./weight_access_vec4.wgsl" with { type: "text" };
import common from "./weight_common.wgsl" with { type: "text" };
import registerSource from "./weight_register.wgsl" with { type: "text" };
import workgroupSource from "./weight_workgroup.wgsl" with { type: "text" };

type Variant = "register" | "workgroup";

/** The shaders of one way to reach memory. */
interface Shaders extends Readonly<Record<Variant, Shader>> {
  /** The register tile of groups of 1, 2, 3 and 4 input channels. */
  readonly narrow: readonly Shader[];
}

const VECTOR = shadersOf(vectorAccess, () => ({}));
const OUTER = shadersOf(outerAccess, (channels) => ({ channels }));
const SCALAR = shadersOf(scalarAccess, () => ({}));

function shadersOf(
  access: string,
  constants: (channels: number) => Record<string, number>,
): Shaders {
  const register = common + access + registerSource;
  const narrow = [1, 2, 3, 4].map((channels) => (
    { source: register, constants: { paired: 0, ...constants(channels) } }
  ));
  return {
    register: { source: register, constants: { paired: 1 } },
    narrow,
    workgroup: { source: common + access + workgroupSource },
  };
}

/** Matrix rows that count as one row of pixels where the convolution is a plain matrix product. */
const FLAT_ROW = 32;

/** Independent sums that keep a device busy: invocations on the software adapter's few threads, tiles on a GPU. */
const ENOUGH = { software: 1024, gpu: 512 };

/** Number of splits of the sum over pixels; the partial sums then are `[splits, ...weight]`. */
export function splitsOf(
  g: Geometry,
  info: { readonly kind: string; readonly isSoftware: boolean; readonly maxBindingBytes: number },
): number {
  // Winograd's transforms leave all splits but the first empty: where they come first there is no other.
  if (info.kind === "cpu" || (info.isSoftware && isWinograd(g))) return 1;
  const taps = g.kh * g.kw, c = g.c / g.groups, o = g.o / g.groups;
  const independent = info.isSoftware
    ? taps * g.groups * ceilDiv(c, 8) * ceilDiv(o, 4)
    : g.groups * ceilDiv(taps * ceilDiv(c, 4), 16) * ceilDiv(o, 64);
  const wanted = isStraightWeight(g, info, "first")
    ? straightSplits(g)
    : ceilDiv(info.isSoftware ? ENOUGH.software : ENOUGH.gpu, independent);
  const { rows } = flatten(g);
  const room = Math.floor(info.maxBindingBytes / 4 / (taps * c * g.o));
  // A split of fewer than two rows would cost more to add up than it saves.
  return Math.max(1, Math.min(wanted, Math.floor(rows / 2), room));
}

/** Rows of pixels; a plain matrix product has its matrix rows in groups of {@link FLAT_ROW}. */
function flatten(g: Geometry): { rows: number; flat: boolean } {
  if (!isPointwise(g)) return { rows: g.n * g.ho, flat: false };
  return { rows: ceilDiv(g.n * g.ho * g.wo, FLAT_ROW), flat: true };
}

/** The plan of partial sums of dWeight from x and dOut. */
export function planWeight(g: Geometry, splits: number, context: PlanContext): Plan {
  const c = g.c / g.groups, o = g.o / g.groups;
  const access = o % 4 !== 0 ? "scalar" : c % 4 !== 0 ? "outer" : "vec4";
  const shaders = { scalar: SCALAR, outer: OUTER, vec4: VECTOR }[access];
  const { flat } = flatten(g);
  const shape = flat ? { ...g, n: 1, h: g.n * g.h * g.w, ho: g.n * g.h * g.w, w: 1, wo: 1 } : g;
  const maps = {
    images: shape.n,
    source: { h: shape.h, w: shape.w, c: g.c },
    destination: { h: shape.ho, w: shape.wo, c: g.o },
  };
  const parts = () => partsOf(maps, forwardAxis(shape, "h"), context);
  function candidate(variant: Variant): Dispatch[] {
    const shader = variant === "register" && c <= 4 ? shaders.narrow[c - 1]! : shaders[variant];
    return parts().map((part, index) => {
      const { grid, views, uniforms } = dispatch(shape, { part, variant, splits, flat }, context);
      const accumulate = index === 0 ? 0 : 1;
      return { shader, grid, views, uniforms: { ...uniforms, accumulate } };
    });
  }
  const size = { m: g.kh * g.kw * c, n: o, k: g.n * g.ho * g.wo };
  const winograd = isWinograd(g)
    ? winogradWeight({ ...maps, padding: g.padding }, {
      splits,
      filterSums: (g, context) => planWeight(g, 1, context),
    }, context)
    : undefined;
  return {
    shapeClass: `${access} ${winograd ? "3×3 " : ""}${sizeClass(size)}`,
    candidates: {
      register: () => candidate("register"),
      workgroup: () => candidate("workgroup"),
      ...(isStraightWeight(g, context, "variant")
        ? { straight: () => straightWeight(shape, { parts: parts(), splits }, context) }
        : {}),
      ...(winograd ? { winograd: winograd.dispatches } : {}),
    },
    scratch: winograd ? { winograd: winograd.scratch } : {},
    first: !context.isSoftware
      ? "workgroup"
      : winograd
      ? "winograd"
      : isStraightWeight(g, context, "first")
      ? "straight"
      : "register",
  };
}

interface Run {
  readonly part: Part;
  readonly variant: Variant;
  readonly splits: number;
  readonly flat: boolean;
}

function dispatch(
  g: Geometry,
  { part, variant, splits, flat }: Run,
  context: PlanContext,
): Omit<Dispatch, "shader"> {
  const x = alignedView(part.source.start, part.source.end, context);
  const dOut = alignedView(part.destination.start, part.destination.end, context);
  const pixels = part.images * part.rows * g.wo;
  const width = flat ? FLAT_ROW : g.wo;
  const rows = ceilDiv(pixels, width);
  const c = g.c / g.groups, o = g.o / g.groups, taps = g.kh * g.kw;
  const { grid, rowLength } = variant === "register"
    ? gridFor(ceilDiv(o, 4) * ceilDiv(c, 8) * g.groups * taps * splits, 64)
    : gridFor(ceilDiv(o, 64) * ceilDiv(taps * ceilDiv(c, 4), 16) * g.groups * splits, 1);
  return {
    grid,
    views: { x: x.view, dOut: dOut.view },
    uniforms: {
      rows,
      outputH: flat ? rows : part.rows,
      outputW: width,
      pixels,
      rowsPerSplit: ceilDiv(rows, splits),
      splits,
      row: rowLength,
      inputH: flat ? rows : part.sourceRows,
      inputW: flat ? width : g.w,
      inputC: g.c,
      outputC: g.o,
      xBase: x.base,
      dOutBase: dOut.base,
      stride: g.stride,
      dilation: g.dilation,
      offsetY: part.offset,
      offsetX: -g.padding,
      kh: g.kh,
      kw: g.kw,
      perGroupC: c,
      perGroupO: o,
      groups: g.groups,
    },
  };
}
