/** Dispatches of the gather convolution: the forward pass and the gradient of the input. */
import {
  alignedView,
  type Dispatch,
  gridFor,
  type Plan,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import scalarAccess from "./gather/access_scalar.wgsl" with { type: "text" };
import vectorAccess from "./gather/access_vec4.wgsl" with { type: "text" };
import filters from "./gather/filters.wgsl" with { type: "text" };
import scalarFilters from "./gather/filters_scalar.wgsl" with { type: "text" };
import vectorFilters from "./gather/filters_vec4.wgsl" with { type: "text" };
import common from "./gather/common.wgsl" with { type: "text" };
import registerSource from "./gather/register.wgsl" with { type: "text" };
import uniformSource from "./gather/uniform.wgsl" with { type: "text" };
import workgroupSource from "./gather/workgroup.wgsl" with { type: "text" };
import { type Axis, forwardAxis, inputAxes } from "./extents/axis.ts";
import { flopsOf, type Geometry } from "./extents/geometry.ts";
import { type Maps, partsOf } from "./extents/parts.ts";
import {
  fitsWindow,
  isWorthWindows,
  overWindows,
  packDispatch,
  packedBytes,
  type Pass,
  type Windows,
  windowsOf,
} from "./gather/windows.ts";
import { isNarrowForward, isWorthNarrow, narrowForward } from "./narrow/plan_gather.ts";
import { overTiles, type Tiling, tilingOf } from "./straight/plan_gather.ts";
import { isWinograd, type Scratched, winogradCorrelation } from "./winograd/plan.ts";
import { sizeClass } from "./extents/size_class.ts";

/** One tile size and way of summing. */
type Variant = "register" | "small" | "workgroup" | "uniform" | "straight";

/**
 * Grid pixels of one invocation of gather/register.wgsl, and of one tile of gather/workgroup.wgsl. Small tiles are half as
 * fast and compile in a third of the time: what a run with empty caches begins with.
 */
const REGISTER_PIXELS = { register: 8, small: 2 } as const;
const TILE = 64;

const SOURCES: Readonly<Record<Exclude<Variant, "uniform" | "straight">, string>> = {
  register: `const PIXELS = ${REGISTER_PIXELS.register}u;\n${registerSource}`,
  small: `const PIXELS = ${REGISTER_PIXELS.small}u;\n${registerSource}`,
  workgroup: workgroupSource,
};

const shaders = new Map<string, Shader>();

/** The shader of a variant; made at first use, then the same object. */
function shaderOf(
  variant: Exclude<Variant, "straight">,
  vector: boolean,
  transposed: boolean,
): Shader {
  const key = `${variant} ${vector} ${transposed}`;
  const known = shaders.get(key);
  if (known) return known;
  const access = vector ? vectorAccess : scalarAccess;
  const stored = (vector ? vectorFilters : scalarFilters) + filters;
  const made: Shader = variant === "uniform" ? { source: common + access + uniformSource } : {
    source: common + access + stored + SOURCES[variant],
    constants: { transposed: transposed ? 1 : 0 },
  };
  shaders.set(key, made);
  return made;
}

/** What {@link planGather} is to compute. */
interface Gather {
  readonly g: Geometry;
  readonly transposed: boolean;
  readonly maps: Maps;
  /** Channels per group that are summed over, and that are made. */
  readonly inner: number;
  readonly outer: number;
  readonly hasBias: boolean;
  readonly relu: boolean;
}

/** The plan of out = x ⋆ weight + bias. */
export function planForward(
  g: Geometry,
  options: { hasBias: boolean; relu: boolean },
  context: PlanContext,
): Plan {
  const maps = {
    images: g.n,
    source: { h: g.h, w: g.w, c: g.c },
    destination: { h: g.ho, w: g.wo, c: g.o },
  };
  const gather = {
    g,
    transposed: false,
    maps,
    inner: g.c / g.groups,
    outer: g.o / g.groups,
    ...options,
  };
  return planGather(gather, [forwardAxis(g, "h")], [forwardAxis(g, "w")], context);
}

/** The plan of dX from dOut and weight. */
export function planInput(g: Geometry, context: PlanContext): Plan {
  const maps = {
    images: g.n,
    source: { h: g.ho, w: g.wo, c: g.o },
    destination: { h: g.h, w: g.w, c: g.c },
  };
  const sizes = { inner: g.o / g.groups, outer: g.c / g.groups };
  const gather = { g, transposed: true, maps, ...sizes, hasBias: false, relu: false };
  return planGather(gather, inputAxes(g, "h"), inputAxes(g, "w"), context);
}

function planGather(
  gather: Gather,
  ys: readonly Axis[],
  xs: readonly Axis[],
  context: PlanContext,
): Plan {
  const { g, inner, outer, transposed } = gather;
  const vector = inner % 4 === 0 && outer % 4 === 0;
  const passes = ys.flatMap((y) => xs.map((x) => cutPass(gather, { y, x, inner, outer }, context)));
  function candidate(variant: Variant): Dispatch[] {
    return passes.flatMap((pass) => dispatches(gather, { variant, vector, ...pass }, context));
  }
  const size = { m: g.n * g.ho * g.wo, n: outer, k: inner * g.kh * g.kw };
  const winograd = isWinograd(g) ? winogradOf(gather, context) : undefined;
  const isUniform = context.isSoftware && g.groups === 1 && fitsWindow(context);
  const packed = Math.max(...passes.map(({ windows }) => packedBytes(windows)));
  const flops = flopsOf(g) / passes.length;
  const isUniformFirst = isUniform &&
    passes.every(({ windows }) => isWorthWindows(windows, flops));
  const isStraight = g.groups === 1 && passes.every(({ tiling }) => tiling !== undefined);
  const isNarrow = !transposed && isNarrowForward(g, context);
  const tiles = Math.max(...passes.map(({ tiling }) => tiling ? packedBytes(tiling.windows) : 0));
  return {
    shapeClass: `${vector ? "vec4" : "scalar"} ${transposed ? "input" : "forward"} ${
      isNarrow ? "narrow " : winograd ? "3×3 " : ""
    }${sizeClass(size)}`,
    candidates: {
      register: () => candidate("register"),
      workgroup: () => candidate("workgroup"),
      ...(context.isSoftware ? { small: () => candidate("small") } : {}),
      ...(isUniform ? { uniform: () => candidate("uniform") } : {}),
      ...(isStraight ? { straight: () => candidate("straight") } : {}),
      ...(isNarrow ? { narrow: () => narrowForward(g, gather, context) } : {}),
      ...(winograd ? { winograd: winograd.dispatches } : {}),
    },
    scratch: {
      ...(isUniform ? { uniform: { packed } } : {}),
      ...(isStraight ? { straight: { packed: tiles } } : {}),
      ...(winograd ? { winograd: winograd.scratch } : {}),
    },
    first: !context.isSoftware
      ? "workgroup"
      : winograd
      ? "winograd"
      : isNarrow && isWorthNarrow(g)
      ? "narrow"
      : isStraight
      ? "straight"
      : isUniformFirst
      ? "uniform"
      : "register",
  };
}

/** The same through Winograd's transforms; in the gradient of the input the padding is what the kernel leaves of 2. */
function winogradOf(gather: Gather, context: PlanContext): Scratched | undefined {
  const { g, maps, transposed, hasBias, relu } = gather;
  const padding = transposed ? 2 - g.padding : g.padding;
  const products = (g: Geometry, context: PlanContext) =>
    planForward(g, { hasBias: false, relu: false }, context);
  return winogradCorrelation(
    { ...maps, padding, turned: transposed, hasBias, relu },
    { products, uniform: shaderOf("uniform", true, false) },
    context,
  );
}

/** A pass, and how its weight is cut for uniform memory and, where that suits it, for straight lines. */
interface CutPass {
  readonly pass: Pass;
  readonly windows: Windows;
  readonly tiling: Tiling | undefined;
}

function cutPass({ g }: Gather, pass: Pass, context: PlanContext): CutPass {
  const pixels = g.n * pass.y.count * pass.x.count;
  const windows = windowsOf(pass, pixels), tiling = tilingOf(pass, pixels, context);
  return { pass, windows, tiling };
}

interface Run extends CutPass {
  readonly variant: Variant;
  readonly vector: boolean;
}

function dispatches(gather: Gather, run: Run, context: PlanContext): Dispatch[] {
  const { g, maps, inner, outer } = gather;
  const { vector, pass } = run;
  const { y, x } = pass;
  const { source, destination } = maps;
  const blocksPerGroup = Math.ceil(outer / 4);
  // Where no tap reaches there is nothing to add up, and straight lines would do it all the same.
  const isStraight = run.variant === "straight" && y.kCount * x.kCount > 0;
  const tiling = isStraight ? run.tiling : undefined;
  const variant = run.variant === "straight" ? "register" : run.variant;
  const windows = tiling?.windows ?? run.windows;
  const packing = tiling || variant === "uniform"
    ? [packDispatch(pass, windows, { transposed: gather.transposed, kw: g.kw })]
    : [];
  const sums = partsOf(maps, y, context).flatMap((part): Dispatch[] => {
    const pixels = part.images * part.rows * x.count;
    const from = alignedView(part.source.start, part.source.end, context);
    const to = alignedView(part.destination.start, part.destination.end, context);
    const { grid, rowLength } = variant === "workgroup"
      ? gridFor(Math.ceil(pixels / TILE) * Math.ceil(blocksPerGroup / 16) * g.groups, 1)
      : gridFor(Math.ceil(pixels / pixelsOf(variant)) * blocksPerGroup * g.groups, 64);
    const made = {
      views: { source: from.view, destination: to.view },
      uniforms: {
        pixels,
        gridH: part.rows,
        gridW: x.count,
        row: rowLength,
        sourceH: part.sourceRows,
        sourceW: source.w,
        sourceC: source.c,
        sourceBase: from.base,
        destinationImage: destination.h * destination.w * destination.c,
        destinationRow: y.step * destination.w * destination.c,
        destinationColumn: x.step * destination.c,
        destinationBase: to.base + x.start * destination.c,
        ...axisUniforms(y, "Y", part.offset),
        ...axisUniforms(x, "X", x.offset),
        kw: g.kw,
        weightC: g.c / g.groups,
        weightO: g.o,
        inner,
        outer,
        blocks: blocksPerGroup * g.groups,
        blocksPerGroup,
        hasBias: gather.hasBias ? 1 : 0,
        relu: gather.relu ? 1 : 0,
        rowFirst: 0,
        rowEnd: 0,
        blockFirst: 0,
        blocksHere: 0,
        packedFirst: 0,
        packedStep: 0,
        groupStep: 0,
      },
    };
    if (tiling) return overTiles(tiling, { pixels }, made);
    const shader = shaderOf(variant, vector, gather.transposed);
    if (variant === "uniform") return overWindows(windows, { pixels }, { ...made, shader });
    return [{ ...made, shader, grid }];
  });
  return [...packing, ...sums];
}

/** Grid pixels of an invocation, but for variants that have grids of their own. */
function pixelsOf(variant: Variant): number {
  return variant === "small" ? REGISTER_PIXELS.small : REGISTER_PIXELS.register;
}

function axisUniforms(axis: Axis, name: "X" | "Y", offset: number): Record<string, number> {
  const k = `k${name.toLowerCase()}`;
  return {
    [`mul${name}`]: axis.mul,
    [`offset${name}`]: offset,
    [`tapStep${name}`]: axis.tapStep,
    [`${k}Start`]: axis.kStart,
    [`${k}Step`]: axis.kStep,
    [`${k}Count`]: axis.kCount,
  };
}
