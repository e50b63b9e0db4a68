/**
 * Max pooling over [N, H, W, C] with −inf padding: torch.nn.MaxPool2d in floor mode. The stem uses 3/2/1,
 * the FPN's sixth level 1/2/0.
 * @module
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  differentiable,
  type Dispatch,
  empty,
  gridFor,
  launch,
  nhwc,
  type PlanContext,
  type Tensor,
  type View,
  windowOutput,
} from "../../core/runtime/mod.ts";
import { type MapPart, mapParts } from "../_shared/map_parts.ts";
import nanSource from "../_shared/nan.wgsl" with { type: "text" };
import backwardSource from "./backward_x.wgsl" with { type: "text" };
import backwardWinnersSource from "./backward_winners.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import forwardWinnersSource from "./forward_winners.wgsl" with { type: "text" };
import forwardVec4Source from "./forward_vec4.wgsl" with { type: "text" };
import * as host from "./host.ts";
import placeSource from "./place_vec4.wgsl" with { type: "text" };

const forwardShader = { source: nanSource + forwardSource };
const backwardShader = { source: backwardSource };
const forwardVec4Shader = { source: placeSource + forwardVec4Source };
const forwardWinnersShader = { source: placeSource + forwardWinnersSource };
const backwardWinnersShader = { source: backwardWinnersSource };

/**
 * `winners` u32 [N, OH, OW, C / 4] are the places of the maxima, a byte each, where `withWinners`; else empty: worth
 * their memory where loads are what counts.
 */
type PoolPlan = host.PoolParams & { readonly withWinners: boolean };

const forwardKernel = defineKernel({
  name: "max_pool",
  signature: { x: "f32", out: "f32", winners: "u32" },
  host: host.forward,
  wgsl: (p: PoolPlan, context) => {
    const reach = (rows: number) => ({ x: (rows - 1) * p.stride + p.kernel, out: rows });
    return partsOf(p, { rows: p.outHeight, reach }, context).map((part) => {
      const dispatch = forwardDispatch(p, part, context);
      if (p.channels % 4 !== 0) return dispatch;
      if (!p.withWinners) return byRows(dispatch, part, { base: 0 });
      return byRows(dispatch, part, winnersView(p, { ...part, first: part.row }, context));
    });
  },
});

/** Parts of the `rows` of the map that is made; `reach` says how many rows of either map some of these bind at most. */
function partsOf(
  p: host.PoolParams,
  { rows, reach }: { rows: number; reach: (rows: number) => { x: number; out: number } },
  context: PlanContext,
): MapPart[] {
  const { xRow, outRow } = rowElements(p);
  const larger = ({ x, out }: { x: number; out: number }) => Math.max(x * xRow, out * outRow);
  return mapParts({
    images: p.images,
    rows,
    imageElements: larger({ x: p.height, out: p.outHeight }),
    rowElements: (count) => larger(reach(count)),
  }, context);
}

/** The winners of rows from `first` on. */
function winnersView(
  { outHeight, outWidth, channels }: host.PoolParams,
  { image, images, first, rows }: Omit<MapPart, "row"> & { readonly first: number },
  context: PlanContext,
) {
  const elements = outWidth * channels / 4;
  const wanted = { first, count: rows, height: outHeight, elements };
  return rowsView({ image, images, row: first, rows }, wanted, context);
}

/** The dispatch with vectors of four channels along x, the part's rows along y and its images along z. */
function byRows(
  { uniforms, views }: Dispatch,
  part: MapPart,
  winners: { readonly view?: View; readonly base: number },
): Dispatch {
  const { count: _, row: _row, channels, xBase, outBase, ...rest } = uniforms;
  const quads = channels! / 4, width = uniforms.outWidth!;
  const bases = { xBase: xBase! / 4, outBase: outBase! / 4, winnersBase: winners.base };
  return {
    shader: winners.view ? forwardWinnersShader : forwardVec4Shader,
    uniforms: { ...rest, ...bases, quads },
    grid: [ceilDiv(width * quads, 64), part.rows, part.images],
    views: winners.view ? { ...views!, winners: winners.view } : views!,
  };
}

function rowElements({ width, outWidth, channels }: host.PoolParams) {
  return { xRow: width * channels, outRow: outWidth * channels };
}

/** Rows of x that the windows of some rows of out reach. */
function inputRows(p: host.PoolParams, first: number, count: number) {
  const start = Math.max(0, first * p.stride - p.padding);
  const end = Math.min(p.height, (first + count - 1) * p.stride - p.padding + p.kernel);
  return { first: start, count: end - start };
}

/** Rows of out whose windows reach some rows of x; where strides skip those, one row, `read` false. */
function outputRows(p: host.PoolParams, first: number, count: number) {
  const reached = Math.ceil((first + p.padding - p.kernel + 1) / p.stride);
  const last = Math.floor((first + count - 1 + p.padding) / p.stride);
  const end = Math.min(p.outHeight, last + 1);
  const start = Math.max(0, Math.min(reached, end - 1));
  return { first: start, count: end - start, read: reached < end };
}

/** The view of rows of `images` consecutive images; more than one image only with all rows. */
function rowsView(
  { image, images }: MapPart,
  rows: { first: number; count: number; height: number; elements: number },
  context: PlanContext,
) {
  const start = (image * rows.height + rows.first) * rows.elements;
  const length = ((images - 1) * rows.height + rows.count) * rows.elements;
  return alignedView(start, start + length, context);
}

function forwardDispatch(p: host.PoolParams, part: MapPart, context: PlanContext): Dispatch {
  const { height, width, channels, outHeight, outWidth, kernel, stride, padding } = p;
  const { xRow, outRow } = rowElements(p);
  const whole = part.rows === outHeight;
  const input = whole ? { first: 0, count: height } : inputRows(p, part.row, part.rows);
  const x = rowsView(part, { ...input, height, elements: xRow }, context);
  const output = { first: part.row, count: part.rows, height: outHeight, elements: outRow };
  const out = rowsView(part, output, context);
  const count = part.images * part.rows * outWidth * ceilDiv(channels, 4);
  const { grid, rowLength } = gridFor(count, 64);
  const bases = { xBase: x.base, outBase: out.base };
  const rows = { firstRow: input.first, rows: input.count };
  const outRows = { outRows: part.rows, firstOutRow: part.row };
  const extent = { channels, height, width, outWidth };
  return {
    shader: forwardShader,
    uniforms: {
      count,
      row: rowLength,
      ...bases,
      ...extent,
      ...rows,
      ...outRows,
      kernel,
      stride,
      padding,
    },
    grid,
    views: { x: x.view, out: out.view },
  };
}

/** With winners neither out nor x is read. */
const backwardKernel = defineKernel({
  name: "max_pool_backward_x",
  signature: { dOut: "f32", out: "f32", x: "f32", winners: "u32", dX: "f32" },
  host: host.backwardX,
  wgsl: (p: PoolPlan, context) => {
    const reach = (rows: number) => ({
      x: rows + 2 * (p.kernel - 1),
      out: Math.ceil((rows + p.kernel) / p.stride) + 1,
    });
    return partsOf(p, { rows: p.height, reach }, context).map((part) => {
      const dispatch = backwardDispatch(p, part, context);
      if (!p.withWinners) return dispatch;
      const { firstOutRow: first, outRows: rows } = dispatch.uniforms;
      const winners = winnersView(p, { ...part, first: first!, rows: rows! }, context);
      return byWinners(dispatch, part, winners);
    });
  },
});

/** The dispatch that asks the winners for what `backward` would look for in x. */
function byWinners(
  { uniforms, views }: Dispatch,
  part: MapPart,
  winners: { readonly view: View; readonly base: number },
): Dispatch {
  const { count: _count, row: _row, xBase: _xBase, xFirstRow: _first, xRows: _rows, ...used } =
    uniforms;
  const { height: _height, channels, dXBase, outBase, ...rest } = used;
  const quads = channels! / 4, { dOut, dX } = views!;
  const bases = { dXBase: dXBase! / 4, outBase: outBase! / 4, winnersBase: winners.base };
  return {
    shader: backwardWinnersShader,
    uniforms: { ...rest, ...bases, quads },
    grid: [ceilDiv(ceilDiv(rest.width!, 2) * quads, 64), ceilDiv(part.rows, 2), part.images],
    views: { dOut: dOut!, winners: winners.view, dX: dX! },
  };
}

function backwardDispatch(p: host.PoolParams, part: MapPart, context: PlanContext): Dispatch {
  const { height, width, channels, outHeight, outWidth, kernel, stride, padding } = p;
  const { xRow, outRow } = rowElements(p);
  const whole = part.rows === height;
  const output = whole
    ? { first: 0, count: outHeight, read: true }
    : outputRows(p, part.row, part.rows);
  const windows = output.read
    ? inputRows(p, output.first, output.count)
    : { first: part.row, count: part.rows };
  const input = whole ? { first: 0, count: height } : {
    first: Math.min(part.row, windows.first),
    count: Math.max(part.row + part.rows, windows.first + windows.count) -
      Math.min(part.row, windows.first),
  };
  const dXRows = { first: part.row, count: part.rows, height, elements: xRow };
  const dX = rowsView(part, dXRows, context);
  const x = rowsView(part, { ...input, height, elements: xRow }, context);
  const out = rowsView(part, { ...output, height: outHeight, elements: outRow }, context);
  const count = part.images * part.rows * width * ceilDiv(channels, 4);
  const { grid, rowLength } = gridFor(count, 64);
  const bases = { dXBase: dX.base, xBase: x.base, outBase: out.base };
  const rows = { firstRow: part.row, rows: part.rows };
  const xRows = { xFirstRow: input.first, xRows: input.count };
  const outRows = { firstOutRow: output.first, outRows: output.count };
  const extent = { channels, height, width, outHeight, outWidth };
  const window = { kernel, stride, padding };
  return {
    shader: backwardShader,
    uniforms: {
      count,
      row: rowLength,
      ...bases,
      ...extent,
      ...rows,
      ...xRows,
      ...outRows,
      ...window,
    },
    grid,
    views: { dOut: out.view, out: out.view, x: x.view, dX: dX.view },
  };
}

/** The window of {@link maxPool}, in pixels. */
export interface MaxPoolOptions {
  readonly kernel: number;
  readonly stride: number;
  /** 0 where absent; at most half the kernel. */
  readonly padding?: number;
}

/**
 * Maximum over square windows; the gradient goes to a window's first maximum, row by row, as PyTorch's.
 * Saves input and output, which are usually alive for their neighbours anyway; on a software adapter indices.
 * @param x f32 [N, H, W, C]
 * @returns f32 [N, OH, OW, C], OH = floor((H + 2·padding − kernel) / stride) + 1
 * @throws RangeError where the padding is above half the kernel: a window would lie outside of x
 */
export function maxPool(x: Tensor, options: MaxPoolOptions): Tensor {
  const { kernel, stride, padding = 0 } = options;
  if (padding * 2 > kernel) {
    throw new RangeError(
      `Cannot pool as the padding must be at most half the kernel of ${kernel}: it is ${padding}`,
    );
  }
  const [images, height, width, channels] = nhwc(x.shape, "x");
  const window = { kernel, stride, padding, dilation: 1 };
  const outHeight = windowOutput(height, window), outWidth = windowOutput(width, window);
  const out = empty(x.device, [images, outHeight, outWidth, channels]);
  const extent = { images, height, width, channels, outHeight, outWidth };
  // A place is a byte.
  const { kind, isSoftware } = x.device.info;
  const withWinners = x.requiresGrad && kind === "webgpu" && isSoftware && channels % 4 === 0 &&
    kernel <= 16;
  const winners = empty(
    x.device,
    withWinners ? [...out.shape.slice(0, 3), channels / 4] : [0],
    "u32",
  );
  const params = { ...extent, kernel, stride, padding, withWinners };
  launch(forwardKernel, { x, out, winners }, params);
  differentiable({
    inputs: [x],
    outputs: [out],
    saved: withWinners ? [winners] : [x, out, winners],
    backward: ([dOut]) => {
      const dX = empty(x.device, x.shape);
      const read = withWinners ? { x: dOut!, out: dOut! } : { x, out };
      launch(backwardKernel, { dOut: dOut!, ...read, winners, dX }, params);
      return [dX];
    },
  });
  return out;
}
