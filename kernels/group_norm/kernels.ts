/**
 * GroupNorm's kernels. Statistics are reduced in two stages: per chunk of pixels and channel, then per group.
 * `partials` is scratch [N, chunks, C, 2] of the WebGPU side; host code does not touch it.
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  type Dispatch,
  gridFor,
  type PlanContext,
  type Shader,
} from "../../core/runtime/mod.ts";
import { blockShaders, channelBlocks } from "../_shared/channel_blocks.ts";
import { elementwise } from "../_shared/elementwise.ts";
import laneSumSource from "../_shared/lane_sum.wgsl" with { type: "text" };
import { mapParts } from "../_shared/map_parts.ts";
import { forward as affineOnHost } from "../channel_affine/host.ts";
import { affineDispatches } from "../channel_affine/kernels.ts";
import backwardParametersSource from "./backward_parameters.wgsl" with { type: "text" };
import backwardXSource from "./backward_x.wgsl" with { type: "text" };
import backwardXBlocksSource from "./backward_x_blocks.wgsl" with { type: "text" };
import chunkMomentsSource from "./chunk_moments.wgsl" with { type: "text" };
import chunkMomentsVec4Source from "./chunk_moments_vec4.wgsl" with { type: "text" };
import chunkSumsSource from "./chunk_sums.wgsl" with { type: "text" };
import chunkSumsVec4Source from "./chunk_sums_vec4.wgsl" with { type: "text" };
import coefficientsSource from "./coefficients.wgsl" with { type: "text" };
import * as host from "./host.ts";
import momentsSource from "./moments.wgsl" with { type: "text" };
import { wholeBackward, wholeForward } from "./whole.ts";

/**
 * The second stage, a workgroup for each result. Each of its lanes adds up the sums of all: what costs a GPU
 * nothing takes a software adapter, which runs 8 lanes at a time, eight times eight as long with 64 lanes as with 8.
 */
function merging(source: string) {
  const text = laneSumSource + source;
  return { gpu: { source: text }, software: { source: text, constants: { LANES: 8 } } };
}

function adapterOf({ isSoftware }: PlanContext): "gpu" | "software" {
  return isSoftware ? "software" : "gpu";
}

const chunkMomentsShaders = {
  scalar: { source: chunkMomentsSource },
  vec4: { source: chunkMomentsVec4Source },
};
const momentsShaders = merging(momentsSource);
const chunkSumsShaders = {
  scalar: { source: chunkSumsSource },
  vec4: { source: chunkSumsVec4Source },
};
const coefficientsShaders = merging(coefficientsSource);
const backwardParametersShaders = merging(backwardParametersSource);
const backwardXShader = { source: backwardXSource };
const backwardXBlocksShaders = blockShaders(backwardXBlocksSource);

/**
 * Pixels of one chunk: long enough that the second stage has little to do, short enough that a small map
 * still occupies a GPU.
 */
export function chunkLength(pixels: number): number {
  return Math.min(256, Math.max(16, ceilDiv(pixels, 64)));
}

function chunksOf({ pixels }: host.GroupNormExtent) {
  const chunk = chunkLength(pixels);
  return { chunk, chunks: ceilDiv(pixels, chunk) };
}

/**
 * The first stage over all images: whole images, or runs of whole chunks where an image is too large. A software
 * adapter works on four channels an invocation; a GPU needs the invocations more than the wide loads.
 */
function chunkDispatches(
  shaders: { readonly scalar: Shader; readonly vec4: Shader },
  extent: host.GroupNormExtent,
  options: {
    context: PlanContext;
    split: readonly string[];
    uniforms?: Readonly<Record<string, number>>;
  },
): Dispatch[] {
  const { images, pixels, channels } = extent;
  const lanes = options.context.isSoftware && channels % 4 === 0 ? 4 : 1;
  const { chunk, chunks } = chunksOf(extent);
  const imageElements = pixels * channels;
  const parts = mapParts({
    images,
    rows: chunks,
    imageElements,
    rowElements: (rows) => rows * chunk * channels,
  }, options.context);
  return parts.map((part): Dispatch => {
    const start = part.image * imageElements + part.row * chunk * channels;
    const length = Math.min(part.rows * chunk, pixels - part.row * chunk) * channels;
    const end = start + (part.images - 1) * imageElements + length;
    const { view, base } = alignedView(start, end, options.context);
    const count = part.images * part.rows * channels / lanes;
    const { grid, rowLength } = gridFor(count, 64);
    const place = { firstImage: part.image, firstChunk: part.row, partChunks: part.rows };
    const vectors = { base: base / lanes, channels: channels / lanes };
    const uniforms = { count, row: rowLength, ...vectors, pixels, chunk, chunks, ...place };
    return {
      shader: lanes === 4 ? shaders.vec4 : shaders.scalar,
      uniforms: { ...uniforms, ...options.uniforms },
      grid,
      views: Object.fromEntries(options.split.map((name) => [name, view])),
    };
  });
}

/** What the forward kernel does besides normalizing. */
type ForwardParams = host.GroupNormExtent & {
  readonly epsilon: number;
  readonly relu: boolean;
  readonly hasResidual: boolean;
};

function affineOf({ images, pixels, channels, relu, hasResidual }: ForwardParams) {
  const imageSize = Math.max(1, pixels) * channels;
  return { size: images * pixels * channels, channels, imageSize, relu, hasResidual };
}

/**
 * x, residual [N, H, W, C], gamma, beta [C] → out [N, H, W, C], mean, rstd [N, G]; scale and shift [N, C] are scratch:
 * the affine that normalizes. Without residual x is bound in its place, unread.
 */
export const forwardKernel = defineKernel({
  name: "group_norm",
  signature: {
    x: "f32",
    gamma: "f32",
    beta: "f32",
    residual: "f32",
    partials: "f32",
    mean: "f32",
    rstd: "f32",
    scale: "f32",
    shift: "f32",
    out: "f32",
  },
  host: (arrays, p: ForwardParams) => {
    host.moments(arrays, p);
    affineOnHost(arrays, affineOf(p));
  },
  wgsl: (p, context) =>
    wholeForward(p, context) ??
      [...momentsDispatches(p, context), ...affineDispatches(affineOf(p), context)],
});

function momentsDispatches(p: ForwardParams, context: PlanContext): Dispatch[] {
  const { images, pixels, channels, groups, epsilon } = p;
  const merge: Dispatch = {
    shader: momentsShaders[adapterOf(context)],
    uniforms: { channels, groups, pixels, epsilon, ...chunksOf(p) },
    grid: [images * groups, 1, 1],
  };
  return [...chunkDispatches(chunkMomentsShaders, p, { context, split: ["x"] }), merge];
}

/**
 * dOut, out, x [N, H, W, C] and the saved statistics → dX, dGamma, dBeta; coefficients [N, C, 4] is scratch. dResidual
 * is dOut behind the ReLU where `masks`, as it must be where there are a residual, a ReLU and a need for dX, and
 * {@link hasWholeBackward}; else it is empty.
 */
export const backwardKernel = defineKernel({
  name: "group_norm_backward",
  signature: {
    dOut: "f32",
    out: "f32",
    x: "f32",
    gamma: "f32",
    beta: "f32",
    mean: "f32",
    rstd: "f32",
    partials: "f32",
    coefficients: "f32",
    dX: "f32",
    dResidual: "f32",
    dGamma: "f32",
    dBeta: "f32",
  },
  host: host.backward,
  wgsl: (
    p: host.GroupNormExtent & { relu: boolean; needsX: boolean; masks: boolean },
    context,
  ) => {
    const whole = p.needsX ? wholeBackward(p, context) : undefined;
    if (whole) return whole;
    const { images, pixels, channels, groups } = p;
    const relu = Number(p.relu), { chunks } = chunksOf(p);
    const split = ["dOut", "out", "x"];
    const sums = chunkDispatches(chunkSumsShaders, p, {
      context,
      split,
      uniforms: { groups, relu },
    });
    const parameters: Dispatch = {
      shader: backwardParametersShaders[adapterOf(context)],
      uniforms: { channels, rows: images * chunks },
      grid: [channels, 1, 1],
    };
    if (!p.needsX) return [...sums, parameters];
    const coefficients: Dispatch = {
      shader: coefficientsShaders[adapterOf(context)],
      uniforms: { channels, groups, pixels, chunks },
      grid: [images * groups, 1, 1],
    };
    return [...sums, parameters, coefficients, ...gradientDispatches(p, context)];
  },
});

function gradientDispatches(
  { images, pixels, channels, relu }: host.GroupNormExtent & { relu: boolean },
  context: PlanContext,
): Dispatch[] {
  const imageSize = pixels * channels;
  const split = ["dOut", "out", "x", "dX"];
  const extent = { size: images * imageSize, channels, imageSize };
  const blocks = channelBlocks(backwardXBlocksShaders, extent, { context, split, relu });
  if (blocks) return blocks;
  const uniforms = { channels, imageSize, relu: Number(relu) };
  const options = { context, split, uniforms, unit: channels };
  return elementwise(backwardXShader, images * imageSize, options).map((part): Dispatch => ({
    ...part,
    uniforms: { ...part.uniforms, start: part.views!.x!.start + part.uniforms.base! },
  }));
}
