/**
 * Packs the coarse levels of a pyramid on one canvas, so that what is computed of each of them alike takes one
 * convolution instead of one a level: launches of so little cost more than the arithmetic. Zeros of one pixel lie
 * between the levels, as a padding of 1 has them around each: a 3×3 convolution of the canvas is at every pixel of a
 * level what that of the level alone is. What it computes between them belongs to nobody.
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
  type View,
} from "../../core/runtime/mod.ts";
import { areaUniforms, type MapArea, MAX_AREAS } from "../_shared/map_areas.ts";
import areasSource from "../_shared/map_areas.wgsl" with { type: "text" };
import { type MapPart, mapParts } from "../_shared/map_parts.ts";
import { perTensor, unitOf } from "../_shared/per_tensor.ts";
import * as host from "./host.ts";
import packSource from "./pack.wgsl" with { type: "text" };
import placeSource from "./place.wgsl" with { type: "text" };
import unpackSource from "./unpack.wgsl" with { type: "text" };

/** Levels of a canvas at most. */
export const MAX_PACKED_LEVELS = MAX_AREAS;

/** Levels on one canvas, f32 `[N, H, W, C]`, and where each lies on it. */
export interface PackedLevels {
  readonly map: Tensor;
  readonly areas: readonly MapArea[];
}

const LEVELS = { level0: "f32", level1: "f32", level2: "f32", level3: "f32" } as const;

/**
 * Pixels and values of a workgroup: neighbouring invocations of a GPU read neighbouring values; a software adapter,
 * which pays for what is computed before a value is copied, has few invocations for each pixel.
 */
const LANES = { gpu: { PIXELS: 4, VALUES: 16 }, software: { PIXELS: 8, VALUES: 2 } };

const packKernel = defineKernel({
  name: "pack_levels",
  signature: { ...LEVELS, canvas: "f32" },
  host: host.pack,
  wgsl: planner(packSource),
});

const unpackKernel = defineKernel({
  name: "pack_levels_backward",
  signature: { canvas: "f32", ...LEVELS },
  host: host.unpack,
  wgsl: planner(unpackSource),
});

/** Plans of a shader, by numbers or, where the channels allow it, by vectors of four. */
function planner(source: string): (p: host.PackParams, context: PlanContext) => Dispatch[] {
  const text = perTensor(areasSource + placeSource + source, MAX_AREAS);
  const shadersOf = (constants: typeof LANES.gpu) => ({
    1: { source: `alias Value = f32;\n${text}`, constants },
    4: { source: `alias Value = vec4f;\n${text}`, constants },
  });
  const gpu = shadersOf(LANES.gpu), software = shadersOf(LANES.software);
  return (p, context) => {
    const line = p.width * p.channels;
    const parts = mapParts({
      images: p.images,
      rows: p.height,
      imageElements: p.height * line,
      rowElements: (rows) => rows * line,
    }, context);
    const unit = unitOf([p.channels]);
    const shader = (context.isSoftware ? software : gpu)[unit];
    return parts.map((part) => dispatchOf(p, part, { shader, unit, context }));
  };
}

function dispatchOf(
  p: host.PackParams,
  part: MapPart,
  { shader, unit, context }: {
    shader: { source: string; constants: typeof LANES.gpu };
    unit: number;
    context: PlanContext;
  },
): Dispatch {
  const canvas = viewOf(part, { ...p, row: part.row, rows: part.rows }, context);
  const views: Record<string, View> = { canvas: canvas.view };
  const areas = p.areas.map((area, l) => {
    // The area's rows within the part; none where it lies elsewhere.
    const from = Math.max(area.top, part.row);
    const to = Math.max(from, Math.min(area.top + area.height, part.row + part.rows));
    const own = { ...area, channels: p.channels, row: from - area.top, rows: to - from };
    const { view, base } = viewOf(part, own, context);
    views[host.LEVELS[l]!] = view;
    return { ...area, top: from - part.row, height: to - from, first: base / unit };
  });
  const depth = p.channels / unit;
  const extent = { base: canvas.base / unit, rows: part.rows, width: p.width, depth };
  return {
    shader,
    uniforms: { ...extent, ...areaUniforms(areas) },
    grid: [ceilDiv(p.width, shader.constants.PIXELS), part.rows, part.images],
    views,
  };
}

/** What a part binds of a map: `rows` rows of it from `row` on; the map's first ones in place of none. */
function viewOf(
  { image, images }: MapPart,
  map: { row: number; rows: number; height: number; width: number; channels: number },
  context: PlanContext,
): { view: View; base: number } {
  const line = map.width * map.channels;
  if (map.rows === 0) return { view: { start: 0, end: line }, base: 0 };
  const start = (image * map.height + map.row) * line;
  return alignedView(start, start + ((images - 1) * map.height + map.rows) * line, context);
}

/**
 * Levels on one canvas: the first at its upper left, the others one below the other to the right of it. Gradients
 * for all levels.
 * @param levels f32 [N, H_l, W_l, C] each, one to {@link MAX_PACKED_LEVELS}, none of them without pixels
 * @returns f32 [N, H, W, C] with zeros between the levels, and the levels' areas in order
 * @throws RangeError where there are no or too many levels, or N or C differ
 */
export function packLevels(levels: readonly Tensor[]): PackedLevels {
  const params = layOut(levels);
  const { images, height, width, channels, areas } = params;
  const { device } = levels[0]!;
  const map = empty(device, [images, height, width, channels]);
  launch(packKernel, { ...named(levels), canvas: map }, params);
  differentiable({
    inputs: levels,
    outputs: [map],
    saved: [],
    backward: ([dMap]) => {
      const gradients = areas.map((area) =>
        empty(device, [images, area.height, area.width, channels])
      );
      launch(unpackKernel, { canvas: dMap!, ...named(gradients) }, params);
      return gradients;
    },
  });
  return { map, areas };
}

/** A launch's levels by name; those that are not there are empty. */
function named(levels: readonly Tensor[]): Record<typeof host.LEVELS[number], Tensor> {
  const none = () => empty(levels[0]!.device, [0]);
  const [level0 = none(), level1 = none(), level2 = none(), level3 = none()] = levels;
  return { level0, level1, level2, level3 };
}

function layOut(levels: readonly Tensor[]): host.PackParams {
  if (levels.length === 0 || levels.length > MAX_PACKED_LEVELS) {
    throw new RangeError(
      `Cannot pack levels as there must be 1 to ${MAX_PACKED_LEVELS}: there are ${levels.length}`,
    );
  }
  const [images, height, width, channels] = nhwc(levels[0]!.shape, "a level");
  const areas: MapArea[] = [{ top: 0, left: 0, height, width }];
  const extent = { height, width };
  let top = 0;
  for (const { shape } of levels.slice(1)) {
    const [n, h, w, c] = nhwc(shape, "a level");
    if (n !== images || c !== channels) {
      throw new RangeError(
        `Cannot pack a level of shape ${
          formatShape(shape)
        } as it must be [${images}, H, W, ${channels}]`,
      );
    }
    areas.push({ top, left: width + 1, height: h, width: w });
    extent.height = Math.max(extent.height, top + h);
    extent.width = Math.max(extent.width, width + 1 + w);
    top += h + 1;
  }
  return { images, ...extent, channels, areas };
}
