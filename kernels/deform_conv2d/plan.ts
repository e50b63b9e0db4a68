/**
 * Dispatches of the deformable convolution: part by part of the output, its columns are sampled into a bounded
 * scratch tensor and go through the matrix products of conv2d.
 * @module
 */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  gridFor,
  type Plan,
  type PlanContext,
  type Shader,
  type Variants,
} from "../../core/runtime/mod.ts";
import type { MapPart } from "../_shared/map_parts.ts";
import nanSource from "../_shared/nan.wgsl" with { type: "text" };
import { planForward as planProduct, planInput } from "../conv2d/plan_gather.ts";
import { planPartialSums } from "../conv2d/plan_weight.ts";
import backwardInputSource from "./backward_input.wgsl" with { type: "text" };
import backwardOffsetsSource from "./backward_offsets.wgsl" with { type: "text" };
import columnsSource from "./columns.wgsl" with { type: "text" };
import columnsScalar from "./columns_scalar.wgsl" with { type: "text" };
import columnsVector from "./columns_vec4.wgsl" with { type: "text" };
import common from "./common.wgsl" with { type: "text" };
import corners from "./corners.wgsl" with { type: "text" };
import { columnGeometry, firstPixelOf, inputParts, pixelsOf } from "./geometry.ts";
import type { BackwardParams, ForwardParams, PartedGeometry } from "./host.ts";
import inputScalar from "./input_scalar.wgsl" with { type: "text" };
import inputVector from "./input_vec4.wgsl" with { type: "text" };
import linkSource from "./link.wgsl" with { type: "text" };
import placeSource from "./place.wgsl" with { type: "text" };

const PLACE: Shader = { source: common + nanSource + placeSource };
const LISTS = ["clear", "link", "sort"].map((entry): Shader => ({
  source: common + linkSource,
  entry,
}));

/** The kernels that see channels: in fours where a run's channels come in fours. */
function channelShaders(access: { input: string; columns: string }) {
  const both = common + access.input + access.columns + corners;
  return {
    columns: { source: both + columnsSource },
    backwardOffsets: { source: both + backwardOffsetsSource },
    backwardInput: { source: common + access.columns + backwardInputSource },
  };
}
const VECTOR = channelShaders({ input: inputVector, columns: columnsVector });
const SCALAR = channelShaders({ input: inputScalar, columns: columnsScalar });

function shadersOf(g: PartedGeometry): typeof VECTOR {
  return g.run % 4 === 0 ? VECTOR : SCALAR;
}

/** What is done one after the other: dispatches, or a product of conv2d with what fits it to the part. */
type Step = readonly Dispatch[] | {
  readonly plan: Plan;
  readonly fit: (dispatch: Dispatch) => Dispatch;
};

/** The plan of out from input, offsets, weight and bias. */
export function planForward(g: ForwardParams, context: PlanContext): Plan {
  const steps = g.parts.flatMap((part): Step[] => [
    placeTaps(g, part, context),
    sampleColumns(g, part, context),
    {
      plan: planProduct(productOf(g, part), { hasBias: g.hasBias, relu: false }, context),
      fit: (dispatch) =>
        moved(dispatch, { name: "destination", by: firstOutput(g, part) }, context),
    },
  ]);
  return together("forward", steps);
}

/** The plan of those gradients of input, offsets and weight that are needed. */
export function planBackward(g: BackwardParams, context: PlanContext): Plan {
  const { needs } = g;
  const steps = g.parts.flatMap((part, index): Step[] => {
    const steps: Step[] = [placeTaps(g, part, context)];
    if (needs.input || needs.offsets) steps.push(columnGradient(g, part, context));
    if (needs.offsets) steps.push(offsetGradient(g, part, context));
    if (needs.input) steps.push(listTaps(g, part), inputGradient(g, part, context));
    if (!needs.weight) return steps;
    return [...steps, sampleColumns(g, part, context), weightGradient(g, { part, index }, context)];
  });
  return together("backward", steps);
}

/** The columns' gradient takes the place of the columns, and gives way to them where the weight's is computed. */
function columnGradient(g: BackwardParams, part: MapPart, context: PlanContext): Step {
  return {
    plan: planInput(productOf(g, part), context),
    fit: (dispatch) => moved(dispatch, { name: "source", by: firstOutput(g, part) }, context),
  };
}

function weightGradient(
  g: BackwardParams,
  { part, index }: { part: MapPart; index: number },
  context: PlanContext,
): Step {
  return {
    plan: planPartialSums(productOf(g, part), g.splits, context),
    fit: (dispatch) => {
      const accumulate = index > 0 ? 1 : dispatch.uniforms.accumulate!;
      const { uniforms, ...rest } = moved(
        dispatch,
        { name: "dOut", by: firstOutput(g, part) },
        context,
      );
      return { ...rest, uniforms: { ...uniforms, accumulate } };
    },
  };
}

function productOf(g: PartedGeometry, part: MapPart) {
  return columnGeometry(g, pixelsOf(g, part));
}

/** The part's first element of a tensor of out's shape. */
function firstOutput(g: PartedGeometry, part: MapPart): number {
  return firstPixelOf(g, part) * g.o;
}

/** The dispatch with its view of a tensor moved by some elements. */
function moved(
  dispatch: Dispatch,
  { name, by }: { name: string; by: number },
  context: PlanContext,
): Dispatch {
  const { start, end } = dispatch.views![name]!;
  const { view, base } = alignedView(start + by, end + by, context);
  const key = `${name}Base`;
  return {
    ...dispatch,
    views: { ...dispatch.views, [name]: view },
    uniforms: { ...dispatch.uniforms, [key]: dispatch.uniforms[key]! + base },
  };
}

/** One plan of all steps: a variant of it takes that variant of each product. */
function together(what: string, steps: readonly Step[]): Plan {
  const plans = steps.flatMap((step) =>
    "plan" in step && "candidates" in step.plan ? [step.plan] : []
  );
  const names = [...new Set(plans.flatMap(namesWithoutScratch))];
  const all = (name: string) => steps.flatMap((step) => resolve(step, name));
  const [first] = plans;
  if (!first) return all("");
  const variants: Variants = {
    shapeClass: `deformable ${what}, ${first.shapeClass}`,
    candidates: Object.fromEntries(names.map((name) => [name, () => all(name)])),
    first: names.includes(first.first) ? first.first : names[0]!,
  };
  return variants;
}

/** The columns take memory enough: variants that want more of it stay away. */
function namesWithoutScratch({ candidates, scratch = {} }: Variants): string[] {
  return Object.keys(candidates).filter((name) => !scratch[name]);
}

function resolve(step: Step, name: string): Dispatch[] {
  if (!("plan" in step)) return [...step];
  const { plan, fit } = step;
  if (!("candidates" in plan)) return plan.map(fit);
  const names = namesWithoutScratch(plan);
  const chosen = [name, plan.first].find((wanted) => names.includes(wanted)) ?? names[0]!;
  return plan.candidates[chosen]!().map(fit);
}

/** What the part's dispatches have in common. */
function uniformsOf(g: PartedGeometry, part: MapPart) {
  const quadsPerRun = ceilDiv(g.run, 4);
  return {
    firstPixel: 0,
    outputRows: part.rows,
    firstRow: part.row,
    outputW: g.wo,
    kernelW: g.kw,
    tapCount: g.taps,
    stride: g.stride,
    padding: g.padding,
    dilation: g.dilation,
    height: g.h,
    width: g.w,
    channels: g.c,
    firstImage: 0,
    rowFrom: 0,
    rowTo: g.h,
    inputBase: 0,
    perGroup: g.c / g.groups,
    perDeformGroup: g.c / g.deformGroups,
    deformGroups: g.deformGroups,
    run: g.run,
    quadsPerRun,
    quads: (g.c / g.run) * quadsPerRun,
    offsetsBase: 0,
    offsetChannels: g.offsetChannels,
    isModulated: g.modulated ? 1 : 0,
    adds: 0,
  };
}

function over(count: number, shader: Shader, uniforms: Record<string, number>): Dispatch {
  const { grid, rowLength } = gridFor(count, 64);
  return { shader, grid, uniforms: { ...uniforms, count, row: rowLength } };
}

/** The part's view of a tensor of the offsets' shape. */
function offsetsView(g: PartedGeometry, part: MapPart, context: PlanContext) {
  const start = firstPixelOf(g, part) * g.offsetChannels;
  return alignedView(start, start + pixelsOf(g, part) * g.offsetChannels, context);
}

function placeTaps(g: PartedGeometry, part: MapPart, context: PlanContext): Dispatch[] {
  const { view, base } = offsetsView(g, part, context);
  const uniforms = { ...uniformsOf(g, part), offsetsBase: base };
  const count = pixelsOf(g, part) * g.deformGroups * g.taps;
  return [{ ...over(count, PLACE, uniforms), views: { offsets: view } }];
}

/** What a dispatch sees of the input, and those of the part's pixels that belong to it. */
interface Seen {
  readonly uniforms: Record<string, number>;
  readonly view: { readonly start: number; readonly end: number };
  readonly pixels: number;
  /** Pixels of the input in the view. */
  readonly inputPixels: number;
  /** True for bands below the first. */
  readonly isLower: boolean;
}

/** The input as one output part sees it: its images only, in as many pieces as bindings need. */
function seenBy(g: PartedGeometry, part: MapPart, context: PlanContext): Seen[] {
  return inputParts(g, context).flatMap((input): Seen[] => {
    const image = Math.max(part.image, input.image);
    const images = Math.min(part.image + part.images, input.image + input.images) - image;
    if (images <= 0) return [];
    const inputPixels = images * input.rows * g.w;
    const start = (image * g.h + input.row) * g.w * g.c;
    const { view, base } = alignedView(start, start + inputPixels * g.c, context);
    const firstImage = image - part.image, perImage = part.rows * g.wo;
    const uniforms = {
      ...uniformsOf(g, part),
      firstPixel: firstImage * perImage,
      firstImage,
      rowFrom: input.row,
      rowTo: input.row + input.rows,
      inputBase: base,
    };
    return [{ uniforms, view, pixels: images * perImage, inputPixels, isLower: input.row > 0 }];
  });
}

function sampleColumns(g: PartedGeometry, part: MapPart, context: PlanContext): Dispatch[] {
  const shader = shadersOf(g).columns;
  return seenBy(g, part, context).map(({ uniforms, view, pixels, isLower }) => {
    const count = pixels * g.taps * uniforms.quads!;
    return {
      ...over(count, shader, { ...uniforms, adds: isLower ? 1 : 0 }),
      views: { input: view },
    };
  });
}

function offsetGradient(g: PartedGeometry, part: MapPart, context: PlanContext): Dispatch[] {
  const shader = shadersOf(g).backwardOffsets;
  const offsets = offsetsView(g, part, context);
  return seenBy(g, part, context).map(({ uniforms, view, pixels, isLower }) => {
    const own = { ...uniforms, offsetsBase: offsets.base, adds: isLower ? 1 : 0 };
    return {
      ...over(pixels * g.deformGroups * g.taps, shader, own),
      views: { input: view, dOffsets: offsets.view },
    };
  });
}

function listTaps(g: PartedGeometry, part: MapPart): Dispatch[] {
  const lists = part.images * g.deformGroups * (g.h + 1) * (g.w + 1);
  const taps = pixelsOf(g, part) * g.deformGroups * g.taps;
  const uniforms = uniformsOf(g, part);
  return LISTS.map((shader) => over(shader.entry === "link" ? taps : lists, shader, uniforms));
}

function inputGradient(g: PartedGeometry, part: MapPart, context: PlanContext): Dispatch[] {
  const shader = shadersOf(g).backwardInput;
  return seenBy(g, part, context).map(({ uniforms, view, inputPixels }) => {
    const own = { ...uniforms, adds: part.row > 0 ? 1 : 0 };
    return { ...over(inputPixels * uniforms.quads!, shader, own), views: { dInput: view } };
  });
}
