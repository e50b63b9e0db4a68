/** Dispatches of Winograd's transforms (transforms.wgsl): of filters, of tiles, and back. */
import {
  alignedView,
  type Dispatch,
  gridFor,
  type Params,
  type PlanContext,
  type Shader,
} from "../../../core/runtime/mod.ts";
import { WINDOW, type Windows } from "../gather/windows.ts";
import { PRODUCTS, type TileMaps, type TilePart } from "./tile_parts.ts";
import filterSource from "./filter.wgsl" with { type: "text" };
import filterGradientSource from "./filter_gradient.wgsl" with { type: "text" };
import gradientSource from "./gradient.wgsl" with { type: "text" };
import inputSource from "./input.wgsl" with { type: "text" };
import outputSource from "./output.wgsl" with { type: "text" };
import transforms from "./transforms.wgsl" with { type: "text" };

const INPUT: Shader = { source: transforms + inputSource };
const OUTPUT: Shader = { source: transforms + outputSource };
const GRADIENT: Shader = { source: transforms + gradientSource };
const FILTER_GRADIENT: Shader = { source: transforms + filterGradientSource };
const FILTER: Shader = { source: transforms + filterSource, constants: { transposed: 0 } };
const TURNED_FILTER: Shader = { source: transforms + filterSource, constants: { transposed: 1 } };

/** Channels that the products sum over, and that they make. */
export interface Sizes {
  readonly inner: number;
  readonly outer: number;
}

/** A correlation to plan: the forward pass, or the gradient of the input with the filters turned. */
export interface Correlation extends TileMaps {
  readonly turned: boolean;
  readonly hasBias: boolean;
  readonly relu: boolean;
}

function gridOf(count: number): { grid: [number, number, number]; count: number; row: number } {
  const { grid, rowLength } = gridFor(count, 64);
  return { grid, count, row: rowLength };
}

/** Transforms the filters, turned where the maps say so, into `windows` or else as `[inner, 36, outer]`. */
export function filterDispatch(
  sizes: Sizes,
  { turned }: { readonly turned: boolean },
  windows?: Windows,
): Dispatch {
  const { grid, count, row } = gridOf(sizes.inner * sizes.outer / 4);
  const { rowsPerWindow, blocksHere, rowWindows, blockWindows } = windows ??
    { rowsPerWindow: sizes.inner, blocksHere: sizes.outer / 4, rowWindows: 1, blockWindows: 1 };
  const uniforms = {
    count,
    row,
    ...sizes,
    productStep: windows ? rowWindows * blockWindows * WINDOW : blocksHere,
    rowStep: windows ? blocksHere : PRODUCTS * blocksHere,
    rowsPerWindow,
    blocksHere,
    rowWindows,
  };
  return { shader: turned ? TURNED_FILTER : FILTER, grid, uniforms };
}

/** dWeight from its transformed products. */
export function filterGradientDispatch(sizes: Sizes): Dispatch {
  const { grid, count, row } = gridOf(sizes.inner * sizes.outer / 4);
  return { shader: FILTER_GRADIENT, grid, uniforms: { count, row, ...sizes } };
}

interface Where {
  readonly part: TilePart;
  readonly maps: TileMaps;
  readonly context: PlanContext;
}

/** Transforms the tiles of the tensor `name`. */
export function inputDispatch(name: "source" | "x", { part, maps, context }: Where): Dispatch {
  const { view, base } = alignedView(part.source.start, part.source.end, context);
  const { grid, uniforms } = perTile(part, maps.source.c);
  return {
    shader: INPUT,
    grid,
    tensors: { source: name },
    views: { source: view },
    uniforms: {
      ...uniforms,
      sourceH: part.sourceRows,
      sourceW: maps.source.w,
      sourceBase: base,
      offsetY: part.offset,
      offsetX: -maps.padding,
    },
  };
}

/** Transforms the products of a part into its destination, with the bias and the ReLU. */
export function outputDispatch(part: TilePart, maps: Correlation, context: PlanContext): Dispatch {
  const { view, base } = alignedView(part.destination.start, part.destination.end, context);
  const { grid, uniforms } = perTile(part, maps.destination.c);
  return {
    shader: OUTPUT,
    grid,
    views: { destination: view },
    uniforms: {
      ...uniforms,
      destinationH: part.destinationRows,
      destinationW: maps.destination.w,
      destinationBase: base,
      hasBias: maps.hasBias ? 1 : 0,
      relu: maps.relu ? 1 : 0,
    },
  };
}

/** Transforms the gradients under the tiles of a part. */
export function gradientDispatch(part: TilePart, maps: TileMaps, context: PlanContext): Dispatch {
  const { view, base } = alignedView(part.destination.start, part.destination.end, context);
  const { grid, uniforms } = perTile(part, maps.destination.c);
  return {
    shader: GRADIENT,
    grid,
    views: { dOut: view },
    uniforms: {
      ...uniforms,
      outputH: part.destinationRows,
      outputW: maps.destination.w,
      outputBase: base,
    },
  };
}

function perTile(
  { tiles, tileRows, tileColumns }: TilePart,
  channels: number,
): { grid: [number, number, number]; uniforms: Params } {
  const { grid, count, row } = gridOf(tiles * channels / 4);
  return { grid, uniforms: { count, row, channels: channels / 4, tileRows, tileColumns } };
}
