/** WGSL dispatches of RoIAlign: whole where bindings allow, else by images, bands of rows and runs of RoIs. */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  gridFor,
  type PlanContext,
  splitRange,
} from "../../core/runtime/mod.ts";
import scalarSource from "./access_scalar.wgsl" with { type: "text" };
import vec4Source from "./access_vec4.wgsl" with { type: "text" };
import backwardSource from "./backward_feature.wgsl" with { type: "text" };
import patchSource from "./backward_patch.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import geometrySource from "./geometry.wgsl" with { type: "text" };
import type { LevelParams } from "./taps.ts";
import tilesSource from "./tiles.wgsl" with { type: "text" };

const forwardShaders = {
  scalar: { source: geometrySource + forwardSource + scalarSource },
  vec4: { source: geometrySource + forwardSource + vec4Source },
};
const tilesShader = { source: geometrySource + tilesSource };
const backwardShader = { source: geometrySource + backwardSource };
const patchShader = { source: geometrySource + patchSource };

/** Pixels along each side of a tile; as in geometry.wgsl. */
const TILE = 8;

/** Channels of one invocation. */
const CHANNELS = 8;

/** Channels that are read at once. */
const VECTOR = 4;

/** Pixels of one invocation of backward_patch.wgsl; a patch lies in one tile. */
const PATCH = { width: 4, height: 2 };

/** Some whole images, or some rows of one. */
interface FeaturePart {
  readonly firstImage: number;
  readonly images: number;
  readonly rowFrom: number;
  readonly rowTo: number;
}

/** The extents of a level's tile masks. */
export function tileExtents(
  { height, width, rowsPerImage }: { height: number; width: number; rowsPerImage: number },
): { tilesY: number; tilesX: number; words: number } {
  return {
    tilesY: ceilDiv(height, TILE),
    tilesX: ceilDiv(width, TILE),
    words: ceilDiv(rowsPerImage, 32),
  };
}

/** Each bin's image lies in one part, or in bands of it whose partial sums are added in order. */
export function planForward(params: LevelParams, context: PlanContext): Dispatch[] {
  const lanes = ceilDiv(params.channels, CHANNELS);
  const unit = params.channels % VECTOR === 0 ? VECTOR : 1;
  const shader = unit === 1 ? forwardShaders.scalar : forwardShaders.vec4;
  return featureParts(params, context).flatMap((part) => {
    const feature = featureView(params, part, context);
    return roiRuns(params, part, context).map(({ firstRoi, endRoi, view, base }) => {
      const count = (endRoi - firstRoi) * params.resolution * lanes;
      const { grid, rowLength: row } = gridFor(count, 64);
      const { images: _, rowsPerImage, height, width, channels, ...rest } = params;
      const { firstImage, rowFrom, rowTo } = part;
      const uniforms = {
        ...{ count, row, firstRoi, rowsPerImage, firstImage, rowFrom, rowTo },
        ...{ height, width, channels: channels / unit, lanes },
        ...{ featureBase: feature.base / unit, outBase: base / unit },
        ...{ ...rest, isFirst: Number(params.isFirst) },
      };
      return { shader, uniforms, grid, views: { feature: feature.view, out: view } };
    });
  });
}

/** First the tile masks, then the pixels. */
export function planBackward(params: LevelParams, context: PlanContext): Dispatch[] {
  const tiles = tileExtents(params);
  const { grid, rowLength: row } = gridFor(
    params.images * tiles.tilesY * tiles.tilesX * tiles.words,
    64,
  );
  const { images, channels: _, ...rest } = params;
  const count = images * tiles.tilesY * tiles.tilesX * tiles.words;
  const uniforms = { ...rest, ...tiles, count, row, isFirst: Number(params.isFirst) };
  return [
    { shader: tilesShader, uniforms, grid },
    ...featureParts(params, context).flatMap((part) => planPixels(params, part, context)),
  ];
}

function planPixels(params: LevelParams, part: FeaturePart, context: PlanContext): Dispatch[] {
  const { firstImage, rowFrom, rowTo } = part;
  const { images: _, channels, ...rest } = params;
  const inPatches = context.isSoftware && channels % VECTOR === 0;
  const unit = inPatches ? VECTOR : 1;
  const lanes = ceilDiv(channels, CHANNELS);
  const patches = patchesOf(params, part);
  const places = inPatches ? patches.patchesX * patches.patchesY : (rowTo - rowFrom) * params.width;
  const count = part.images * places * lanes;
  const { grid, rowLength: row } = gridFor(count, 64);
  const feature = featureView(params, part, context);
  const runs = roiRuns(params, part, context);
  // Without RoIs the gradient is still to be written.
  const none = { firstRoi: 0, endRoi: 0, ...alignedView(0, 0, context) };
  return (runs.length > 0 ? runs : [none]).map(({ firstRoi, endRoi, view, base }, i) => ({
    shader: inPatches ? patchShader : backwardShader,
    uniforms: {
      ...{ ...rest, ...tileExtents(params), isFirst: Number(params.isFirst) },
      ...{ count, row, firstImage, rowFrom, rowTo, roiFrom: firstRoi, roiTo: endRoi, lanes },
      ...{ featureBase: feature.base / unit, outBase: base / unit, adds: Number(i > 0) },
      ...(inPatches ? { ...patches, channels: channels / unit } : { channels }),
    },
    grid,
    views: { dFeature: feature.view, dOut: view },
  }));
}

/** Patches of an image's rows of the part. They begin at even rows, so that a band may cut one. */
function patchesOf({ width }: LevelParams, { rowFrom, rowTo }: FeaturePart) {
  return {
    patchesX: ceilDiv(width, PATCH.width),
    patchesY: ceilDiv(rowTo, PATCH.height) - Math.floor(rowFrom / PATCH.height),
  };
}

function featureParts(params: LevelParams, context: PlanContext): FeaturePart[] {
  const { images, height, width, channels } = params;
  const rowSize = width * channels, imageSize = height * rowSize;
  if (imageSize === 0) return [];
  if (splitRange(imageSize, 1, context).length === 1) {
    return splitRange(images * imageSize, imageSize, context).map(({ start, end }) => ({
      firstImage: start / imageSize,
      images: (end - start) / imageSize,
      rowFrom: 0,
      rowTo: height,
    }));
  }
  const bands = splitRange(imageSize, rowSize, context);
  return Array.from({ length: images }, (_, firstImage) =>
    bands.map(({ start, end }) => ({
      ...{ firstImage, images: 1, rowFrom: start / rowSize, rowTo: end / rowSize },
    }))).flat();
}

function featureView(params: LevelParams, part: FeaturePart, context: PlanContext) {
  const rowSize = params.width * params.channels;
  const start = (part.firstImage * params.height + part.rowFrom) * rowSize;
  const size = part.images * (part.rowTo - part.rowFrom) * rowSize;
  return alignedView(start, start + size, context);
}

/** Runs of the part's RoIs whose pooled rows fit one binding. */
function roiRuns(params: LevelParams, part: FeaturePart, context: PlanContext) {
  const perRoi = params.resolution ** 2 * params.channels;
  const first = part.firstImage * params.rowsPerImage;
  const size = part.images * params.rowsPerImage * perRoi;
  return splitRange(size, perRoi, context).map(({ start, end }) => ({
    firstRoi: first + start / perRoi,
    endRoi: first + end / perRoi,
    ...alignedView(first * perRoi + start, first * perRoi + end, context),
  }));
}
