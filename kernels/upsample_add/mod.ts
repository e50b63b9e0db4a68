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
  gridFor,
  launch,
  nhwc,
  type PlanContext,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { type MapPart, mapParts } from "../_shared/map_parts.ts";
import backwardSource from "./backward_top.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import * as host from "./host.ts";

const forwardShader = { source: forwardSource };
const backwardShader = { source: backwardSource };

const forwardKernel = defineKernel({
  name: "upsample_add",
  signature: { top: "f32", lateral: "f32", out: "f32" },
  host: host.forward,
  wgsl: (p: host.UpsampleParams, context) => {
    const elements = p.width * p.channels;
    return mapParts({
      images: p.images,
      rows: p.height,
      imageElements: p.height * elements,
      rowElements: (rows) => rows * elements,
    }, context).map((part) => forwardDispatch(p, part, context));
  },
});

const backwardKernel = defineKernel({
  name: "upsample_add_backward_top",
  signature: { dOut: "f32", dTop: "f32" },
  host: host.backwardTop,
  wgsl: (p: host.UpsampleParams, context) => {
    const elements = p.width * p.channels;
    return mapParts({
      images: p.images,
      rows: p.topHeight,
      imageElements: p.height * elements,
      rowElements: (rows) => 2 * rows * elements,
    }, context).map((part) => backwardDispatch(p, part, context));
  },
});

/** Rows [first, last] of top that rows of out read. */
function topRows(p: host.UpsampleParams, { row, rows }: MapPart) {
  const first = Math.floor(row * p.topHeight / p.height);
  const last = Math.floor((row + rows - 1) * p.topHeight / p.height);
  return { first, count: last - first + 1 };
}

/** Rows of out that rows of top went to. */
function outRows(p: host.UpsampleParams, { row, rows }: MapPart) {
  const first = Math.ceil(row * p.height / p.topHeight);
  return { first, count: Math.ceil((row + rows) * p.height / p.topHeight) - first };
}

function viewOf(
  { image, images }: MapPart,
  rows: { first: number; count: number; height: number; elements: number },
  context: PlanContext,
) {
  const start = (image * rows.height + rows.first) * rows.elements;
  const length = ((images - 1) * rows.height + rows.count) * rows.elements;
  return alignedView(start, start + length, context);
}

function forwardDispatch(p: host.UpsampleParams, part: MapPart, context: PlanContext): Dispatch {
  const { height, width, channels, topHeight, topWidth } = p;
  const rows = topRows(p, part);
  const own = { first: part.row, count: part.rows, height, elements: width * channels };
  const out = viewOf(part, own, context);
  const source = { ...rows, height: topHeight, elements: topWidth * channels };
  const top = viewOf(part, source, context);
  const count = part.images * part.rows * width * ceilDiv(channels, 4);
  const { grid, rowLength } = gridFor(count, 64);
  const bases = { base: out.base, topBase: top.base };
  const window = { firstRow: part.row, rows: part.rows, topFirstRow: rows.first };
  const extent = { channels, height, width, topHeight, topWidth };
  return {
    shader: forwardShader,
    uniforms: { count, row: rowLength, ...bases, ...extent, ...window, topRows: rows.count },
    grid,
    views: { top: top.view, lateral: out.view, out: out.view },
  };
}

function backwardDispatch(p: host.UpsampleParams, part: MapPart, context: PlanContext): Dispatch {
  const { height, width, channels, topHeight, topWidth } = p;
  const rows = outRows(p, part);
  const dOut = viewOf(part, { ...rows, height, elements: width * channels }, context);
  const own = { first: part.row, count: part.rows };
  const dTop = viewOf(
    part,
    { ...own, height: topHeight, elements: topWidth * channels },
    context,
  );
  const count = part.images * part.rows * topWidth * ceilDiv(channels, 4);
  const { grid, rowLength } = gridFor(count, 64);
  const bases = { base: dTop.base, outBase: dOut.base };
  const window = { firstRow: part.row, rows: part.rows, outFirstRow: rows.first };
  const extent = { channels, height, width, topHeight, topWidth };
  return {
    shader: backwardShader,
    uniforms: { count, row: rowLength, ...bases, ...extent, ...window, outRows: rows.count },
    grid,
    views: { dOut: dOut.view, dTop: dTop.view },
  };
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
