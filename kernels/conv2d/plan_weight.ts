/** Dispatches of the gradient of the weight. */
import {
  ceilDiv,
  type Dispatch,
  gridFor,
  type Params,
  type Plan,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import { sumScratch } from "../_shared/column_sums.ts";
import { forwardAxis } from "./extents/axis.ts";
import { type Geometry, isPointwise } from "./extents/geometry.ts";
import { type Maps, type Part, partsOf } from "./extents/parts.ts";
import { isNarrowWeight, narrowSplits, narrowWeight } from "./narrow/plan_weight.ts";
import { isStraightWeight, straightSplits, straightWeight } from "./straight/plan_weight.ts";
import { isWinograd, type Scratched, winogradWeight } from "./winograd/plan.ts";
import { sizeClass } from "./extents/size_class.ts";
import { bindingsOf } from "./weight/bindings.ts";
import outerAccess from "./weight/access_outer.wgsl" with { type: "text" };
import scalarAccess from "./weight/access_scalar.wgsl" with { type: "text" };
import vectorAccess from "./weight/access_vec4.wgsl" with { type: "text" };
import common from "./weight/common.wgsl" with { type: "text" };
import registerSource from "./weight/register.wgsl" with { type: "text" };
import workgroupSource from "./weight/workgroup.wgsl" with { type: "text" };

/** Ways to sum over pixels. */
type Variant = "register" | "workgroup" | "straight" | "narrow";

/** The shaders of one way to reach memory. */
interface Shaders extends Readonly<Record<"register" | "workgroup", Shader>> {
  /** The register tile of groups of 1, 2, 3 and 4 input channels. */
  readonly narrow: readonly Shader[];
}

const SHADERS = {
  vec4: shadersOf(vectorAccess, () => ({})),
  outer: shadersOf(outerAccess, (channels) => ({ channels })),
  scalar: shadersOf(scalarAccess, () => ({})),
};

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

/** What sums are cut for: a device, or what a planner knows of it. */
type Target = Pick<PlanContext, "isSoftware" | "maxBindingBytes">;

/** The plan of dWeight from x and dOut. */
export function planWeight(g: Geometry, context: PlanContext): Plan {
  const variants = variantsOf(g, context);
  const winograd = isWinograd(g)
    ? winogradWeight({ ...mapsOf(g), padding: g.padding }, { filterSums }, context)
    : undefined;
  const sums = variants.map((variant) => [variant, summed(g, variant, context)]);
  const all: Record<string, Scratched> = Object.fromEntries(sums);
  if (winograd) all.winograd = winograd;
  const each = <T>(of: (way: Scratched) => T) =>
    Object.fromEntries(Object.entries(all).map(([name, way]) => [name, of(way)]));
  return {
    shapeClass: shapeClassOf(g, variants.includes("narrow") ? "narrow " : winograd ? "3×3 " : ""),
    candidates: each(({ dispatches }) => dispatches),
    scratch: each(({ scratch }) => scratch),
    first: context.isSoftware && winograd ? "winograd" : firstOf(g, context),
  };
}

/** The plan of the tensor `partial`, `[splits, ...dWeight]`, from x and dOut, for whoever adds it up. */
export function planPartialSums(g: Geometry, splits: number, context: PlanContext): Plan {
  const candidates = variantsOf(g, context).map((variant) =>
    [variant, () => partialSums(g, { variant, splits }, context)] as const
  );
  return {
    shapeClass: `partial ${shapeClassOf(g)}`,
    candidates: Object.fromEntries(candidates),
    first: firstOf(g, context),
  };
}

function shapeClassOf(g: Geometry, kind = ""): string {
  const size = { m: g.kh * g.kw * g.c / g.groups, n: g.o / g.groups, k: g.n * g.ho * g.wo };
  return `${accessOf(g)} ${kind}${sizeClass(size)}`;
}

function variantsOf(g: Geometry, { isSoftware }: Target): Variant[] {
  const variants: Variant[] = ["register", "workgroup"];
  if (isStraightWeight(g, { isSoftware }, "variant")) variants.push("straight");
  if (isNarrowWeight(g, { isSoftware })) variants.push("narrow");
  return variants;
}

/** The way to sum that runs before anything was measured. */
function firstOf(g: Geometry, { isSoftware }: Target): Variant {
  if (!isSoftware) return "workgroup";
  return isStraightWeight(g, { isSoftware }, "first") ? "straight" : "register";
}

/** Number of splits of the sum over pixels that give a device enough to do, in the way that runs first or another. */
export function splitsOf(
  g: Geometry,
  { isSoftware, maxBindingBytes }: Target,
  variant = firstOf(g, { isSoftware, maxBindingBytes }),
): number {
  const taps = g.kh * g.kw, c = g.c / g.groups, o = g.o / g.groups;
  const independent = isSoftware
    ? taps * g.groups * ceilDiv(c, 8) * ceilDiv(o, 4)
    : g.groups * ceilDiv(taps * ceilDiv(c, 4), 16) * ceilDiv(o, 64);
  const room = Math.floor(maxBindingBytes / 4 / (taps * c * g.o));
  if (variant === "narrow") return Math.min(narrowSplits(g), Math.max(1, room));
  const wanted = variant === "straight"
    ? straightSplits(g)
    : ceilDiv(isSoftware ? ENOUGH.software : ENOUGH.gpu, independent);
  const rows = isPointwise(g) ? ceilDiv(g.n * g.ho * g.wo, FLAT_ROW) : g.n * g.ho;
  // A split of fewer than two rows would cost more to add up than it saves.
  return Math.max(1, Math.min(wanted, Math.floor(rows / 2), room));
}

function accessOf(g: Geometry): keyof typeof SHADERS {
  return g.o / g.groups % 4 !== 0 ? "scalar" : g.c / g.groups % 4 !== 0 ? "outer" : "vec4";
}

/** dWeight in one way: the sums of its splits, added up where there are several. */
function summed(g: Geometry, variant: Variant, context: PlanContext): Scratched {
  const splits = splitsOf(g, context, variant);
  const made = (splits: number) => partialSums(g, { variant, splits }, context);
  if (splits === 1) {
    const tensors = { partial: "dWeight" };
    const direct = (sums: Dispatch) => ({ ...sums, tensors: { ...sums.tensors, ...tensors } });
    return { dispatches: () => made(1).map(direct), scratch: {} };
  }
  const columns = g.kh * g.kw * g.c / g.groups * g.o;
  const added = sumScratch({ rows: splits, columns, x: "partial", out: "dWeight" }, context);
  return {
    dispatches: () => [...made(splits), ...added.dispatches],
    scratch: { partial: 4 * splits * columns, ...added.scratch },
  };
}

/** Winograd's sums over tiles, in one split: its transform of them wants them whole. */
function filterSums(g: Geometry, context: PlanContext): Dispatch[] {
  return partialSums(g, { variant: firstOf(g, context), splits: 1 }, context);
}

/** The geometry of a plain matrix product as one column of pixels. */
function flattened(g: Geometry): Geometry {
  const pixels = g.n * g.h * g.w;
  return { ...g, n: 1, h: pixels, ho: pixels, w: 1, wo: 1 };
}

function mapsOf({ n, h, w, c, ho, wo, o }: Geometry): Maps {
  return { images: n, source: { h, w, c }, destination: { h: ho, w: wo, c: o } };
}

/** The dispatches that make the tensor `partial`, `[splits, ...dWeight]`. */
function partialSums(
  g: Geometry,
  { variant, splits }: { variant: Variant; splits: number },
  context: PlanContext,
): Dispatch[] {
  const flat = isPointwise(g), shape = flat ? flattened(g) : g, c = g.c / g.groups;
  const parts = partsOf(mapsOf(shape), forwardAxis(shape, "h"), context);
  if (variant === "straight") return straightWeight(shape, { parts, splits }, context);
  if (variant === "narrow") return narrowWeight(shape, { parts, splits }, context);
  const shaders = SHADERS[accessOf(g)];
  const shader = variant === "register" && c <= 4 ? shaders.narrow[c - 1]! : shaders[variant];
  return parts.map((part, index) => {
    const { grid, views, uniforms } = dispatch(shape, { part, variant, splits, flat }, context);
    const accumulate = index === 0 ? 0 : 1;
    return { shader, grid, views, uniforms: { ...uniforms, accumulate } };
  });
}

interface Run {
  readonly part: Part;
  readonly variant: Exclude<Variant, "straight" | "narrow">;
  readonly splits: number;
  readonly flat: boolean;
}

function dispatch(
  g: Geometry,
  { part, variant, splits, flat }: Run,
  context: PlanContext,
): Omit<Dispatch, "shader"> {
  const { views, uniforms } = bindingsOf(g, part, context);
  const pixels = part.images * part.rows * g.wo;
  const width = flat ? FLAT_ROW : g.wo;
  const rows = ceilDiv(pixels, width);
  const c = g.c / g.groups, o = g.o / g.groups, taps = g.kh * g.kw;
  const { grid, rowLength } = variant === "register"
    ? gridFor(ceilDiv(o, 4) * ceilDiv(c, 8) * g.groups * taps * splits, 64)
    : gridFor(ceilDiv(o, 64) * ceilDiv(taps * ceilDiv(c, 4), 16) * g.groups * splits, 1);
  const shape = { rows, pixels, rowsPerSplit: ceilDiv(rows, splits), splits, kh: g.kh };
  const lines: Params = flat ? { outputH: rows, outputW: width, inputH: rows, inputW: width } : {};
  return { grid, views, uniforms: { ...uniforms, ...shape, ...lines, row: rowLength } };
}
