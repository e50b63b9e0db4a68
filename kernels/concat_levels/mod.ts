/**
 * Takes the RPN's predictions apart and concatenates those of all levels: per image, levels in order, each by row,
 * column and anchor, which is the order of the anchors. A map has the predictions of one level, or of several that
 * were packed on it (pack_levels). Tensors of boxes are small, so nothing is split.
 * @module
 */
import {
  ceilDiv,
  defineKernel,
  differentiable,
  type Dispatch,
  empty,
  formatShape,
  launch,
  nhwc,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { areaUniforms, type MapArea, MAX_AREAS } from "../_shared/map_areas.ts";
import areasSource from "../_shared/map_areas.wgsl" with { type: "text" };
import { perTensor } from "../_shared/per_tensor.ts";
import * as host from "./host.ts";
import mergeSource from "./merge.wgsl" with { type: "text" };
import placeSource from "./place.wgsl" with { type: "text" };
import splitSource from "./split.wgsl" with { type: "text" };

const splitKernel = defineKernel({
  name: "concat_levels",
  signature: { map: "f32", logits: "f32", deltas: "f32" },
  host: host.split,
  wgsl: planner(splitSource),
});

const mergeKernel = defineKernel({
  name: "concat_levels_backward",
  signature: { logits: "f32", deltas: "f32", map: "f32" },
  host: host.merge,
  wgsl: planner(mergeSource),
});

function planner(source: string): (p: host.HeadParams) => Dispatch[] {
  const shader = { source: perTensor(areasSource + placeSource, MAX_AREAS) + source };
  return ({ images, height, width, channels, anchors, rows, areas }) => {
    const depth = channels / 4;
    const uniforms = { height, width, depth, anchors, rows, ...areaUniforms(areas) };
    return [{ shader, uniforms, grid: [ceilDiv(width * depth, 64), height, images] }];
  };
}

/** Channels of the predictions for `anchors` anchors a pixel: 4 deltas of each, their logits, zeros up to vectors. */
export function headChannels(anchors: number): number {
  return 4 * (anchors + ceilDiv(anchors, 4));
}

/** Predictions, and where on them the levels are, in order. */
export interface LevelMap {
  /** f32 `[N, H, W, headChannels(A)]`: deltas of each anchor, logits of each, and what is no prediction. */
  readonly map: Tensor;
  /** One to four, apart from each other. */
  readonly areas: readonly MapArea[];
}

/**
 * Logits and deltas of all anchors; gradients for all maps, 0 outside of their areas.
 * @param maps the levels in order, on as many maps as there are
 * @param options anchors: A, of each pixel
 * @returns logits f32 [N, R] and deltas f32 [N, R, 4], R = Σ H_l·W_l·A over the areas
 * @throws RangeError where there is no map, N or the channels are others, or a map has too many areas or one that is
 * not within it
 */
export function concatLevels(
  maps: readonly LevelMap[],
  { anchors }: { anchors: number },
): { logits: Tensor; deltas: Tensor } {
  const runs = runsOf(maps, anchors);
  const { images, rows } = runs[0]!;
  const { device } = maps[0]!.map;
  const logits = empty(device, [images, rows]), deltas = empty(device, [images, rows, 4]);
  const tensors = maps.map(({ map }) => map);
  runs.forEach((run, i) => launch(splitKernel, { map: tensors[i]!, logits, deltas }, run));
  const shapes = tensors.map(({ shape }) => shape);
  differentiable({
    inputs: tensors,
    outputs: [logits, deltas],
    saved: [],
    backward: ([dLogits, dDeltas]) =>
      runs.map((run, i) => {
        const map = empty(device, shapes[i]!);
        launch(mergeKernel, { logits: dLogits!, deltas: dDeltas!, map }, run);
        return map;
      }),
  });
  return { logits, deltas };
}

function runsOf(maps: readonly LevelMap[], anchors: number): host.HeadParams[] {
  if (maps.length === 0) throw new RangeError("Cannot concatenate no levels");
  const images = maps[0]!.map.shape[0]!;
  let rows = 0;
  const runs = maps.map(({ map, areas }) => {
    checkMap({ map, areas }, { images, channels: headChannels(anchors) });
    const [, height, width, channels] = nhwc(map.shape, "a map of predictions");
    const placed = areas.map((area) => {
      const first = rows;
      rows += area.height * area.width * anchors;
      return { ...area, first };
    });
    return { images, height, width, channels, anchors, areas: placed };
  });
  return runs.map((run) => ({ ...run, rows }));
}

function checkMap(
  { map, areas }: LevelMap,
  { images, channels }: { images: number; channels: number },
): void {
  const [n, height, width, c] = nhwc(map.shape, "a map of predictions");
  if (n !== images || c !== channels) {
    throw new RangeError(
      `Cannot concatenate a map of shape ${
        formatShape(map.shape)
      } as it must be [${images}, H, W, ${channels}]`,
    );
  }
  if (areas.length > MAX_AREAS) {
    throw new RangeError(
      `Cannot concatenate ${areas.length} levels of a map as it may have ${MAX_AREAS}`,
    );
  }
  for (const area of areas) {
    if (area.top + area.height <= height && area.left + area.width <= width) continue;
    throw new RangeError(
      `Cannot concatenate a level at row ${area.top}, column ${area.left} of ${area.height}×${area.width} pixels ` +
        `as its map has ${height}×${width}`,
    );
  }
}
