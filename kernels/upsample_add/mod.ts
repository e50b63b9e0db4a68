/**
 * Nearest-neighbour upsampling of a coarse map and sum with a finer one: the FPN's top-down step
 * (Lin et al., Feature Pyramid Networks, fig. 3; det_opr/fpn/fpn.py of the original: F.interpolate + lateral).
 * @module
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  differentiable,
  type Dispatch,
  empty,
  formatShape,
  launch,
  nhwc,
  type PlanContext,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { type MapPart, mapParts } from "../_shared/map_parts.ts";
import backwardSource from "./backward_top.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import * as host from "./host.ts";
import placeSource from "./place.wgsl" with { type: "text" };

/** One shader for numbers, one for vectors of four channels. */
function shadersOf(source: string) {
  const text = placeSource + source;
  return {
    scalar: { source: `alias Value = f32;\n${text}` },
    vec4: { source: `alias Value = vec4f;\n${text}` },
  };
}

const forwardShaders = shadersOf(forwardSource);
const backwardShaders = shadersOf(backwardSource);

const forwardKernel = defineKernel({
  name: "upsample_add",
  signature: { top: "f32", lateral: "f32", out: "f32" },
  host: host.forward,
  wgsl: (p: host.UpsampleParams, context) =>
    partsOf(p, context).map((part): Dispatch => {
      const { large, small, uniforms, grid, vectors } = placeOf(p, part, context);
      const views = { top: small, lateral: large, out: large };
      return { shader: forwardShaders[vectors], uniforms, grid, views };
    }),
});

const backwardKernel = defineKernel({
  name: "upsample_add_backward_top",
  signature: { dOut: "f32", dTop: "f32" },
  host: host.backwardTop,
  wgsl: (p: host.UpsampleParams, context) =>
    partsOf(p, context).map((part): Dispatch => {
      const { large, small, uniforms, grid, vectors } = placeOf(p, part, context);
      return {
        shader: backwardShaders[vectors],
        uniforms,
        grid,
        views: { dOut: large, dTop: small },
      };
    }),
});

/** Parts in terms of top's rows, each with the up to two rows of the larger map that take their value from it. */
function partsOf(p: host.UpsampleParams, context: PlanContext): MapPart[] {
  const elements = p.width * p.channels;
  return mapParts({
    images: p.images,
    rows: p.topHeight,
    imageElements: p.height * elements,
    rowElements: (rows) => 2 * rows * elements,
  }, context);
}

/** What both passes bind of the larger and the smaller map, and the invocations over the smaller one. */
function placeOf(p: host.UpsampleParams, part: MapPart, context: PlanContext) {
  const { height, width, channels, topHeight, topWidth } = p;
  const row = 2 * part.row, rows = Math.min(2 * part.rows, height - row);
  const large = viewOf(part, { row, rows, height, elements: width * channels }, context);
  const own = { row: part.row, rows: part.rows, height: topHeight, elements: topWidth * channels };
  const small = viewOf(part, own, context);
  const unit = channels % 4 === 0 ? 4 : 1, depth = channels / unit;
  const bases = { base: large.base / unit, topBase: small.base / unit };
  const grid: Dispatch["grid"] = [ceilDiv(topWidth * depth, 64), part.rows, part.images];
  const uniforms = { ...bases, depth, width, rows, topWidth, topRows: part.rows };
  const vectors: "vec4" | "scalar" = unit === 4 ? "vec4" : "scalar";
  return { large: large.view, small: small.view, uniforms, grid, vectors };
}

function viewOf(
  { image, images }: MapPart,
  map: { row: number; rows: number; height: number; elements: number },
  context: PlanContext,
) {
  const start = (image * map.height + map.row) * map.elements;
  const length = ((images - 1) * map.height + map.rows) * map.elements;
  return alignedView(start, start + length, context);
}

/**
 * `out[y, x] = top[floor(y·h/H), floor(x·w/W)] + lateral[y, x]`, PyTorch's "nearest" to the lateral's size;
 * gradients for both.
 * @param top f32 [N, h, w, C]
 * @param lateral f32 [N, H, W, C], H in {2h − 1, 2h}, W in {2w − 1, 2w}
 * @returns f32 [N, H, W, C]
 * @throws RangeError where the maps do not fit each other
 */
export function upsampleAdd(top: Tensor, lateral: Tensor): Tensor {
  const params = extentOf(top, lateral);
  const out = empty(top.device, lateral.shape);
  launch(forwardKernel, { top, lateral, out }, params);
  differentiable({
    inputs: [top, lateral],
    outputs: [out],
    saved: [],
    backward: ([dOut], [needsTop, needsLateral]) => {
      const dLateral = needsLateral ? dOut : undefined;
      if (!needsTop) return [undefined, dLateral];
      const dTop = empty(top.device, top.shape);
      launch(backwardKernel, { dOut: dOut!, dTop }, params);
      return [dTop, dLateral];
    },
  });
  return out;
}

function extentOf(top: Tensor, lateral: Tensor): host.UpsampleParams {
  const [topImages, topHeight, topWidth, topChannels] = nhwc(top.shape, "top");
  const [images, height, width, channels] = nhwc(lateral.shape, "lateral");
  const fits = (large: number, small: number) => large === 2 * small || large === 2 * small - 1;
  if (
    images !== topImages || channels !== topChannels || !fits(height, topHeight) ||
    !fits(width, topWidth)
  ) {
    throw new RangeError(
      `Cannot add ${formatShape(top.shape)} upsampled to ${
        formatShape(lateral.shape)
      } as the latter must be twice as high and wide, or one less`,
    );
  }
  return { images, height, width, channels, topHeight, topWidth };
}
