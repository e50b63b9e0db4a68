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
import tileRoisSource from "./tile_rois.wgsl" with { type: "text" };
import tilesSource from "./tiles.wgsl" with { type: "text" };

const forwardShaders = {
  scalar: { source: geometrySource + forwardSource + scalarSource },
  vec4: { source: geometrySource + forwardSource + vec4Source },
};
const tilesShader = { source: geometrySource + tilesSource };
const backwardShader = { source: geometrySource + tileRoisSource + backwardSource };
const patchShader = { source: geometrySource + tileRoisSource + patchSource };

/** Pixels along each side of a tile; as in geometry.wgsl. */
const TILE = 4;

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

/** RoIs that follow one another, and their pooled rows' binding. */
interface RoiRun extends ReturnType<typeof alignedView> {
  readonly roiFrom: number;
  readonly roiTo: number;
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
    return roiRuns(params, part, context).map((run) => {
      const { grid, counts } = invocations((run.roiTo - run.roiFrom) * params.resolution * lanes);
      const uniforms = {
        ...common(params, { part, run, unit }),
        ...{ ...counts, ...pixelsOf(params, part), lanes },
        ...{ featureBase: feature.base / unit, adds: Number(part.rowFrom > 0) },
      };
      return { shader, uniforms, grid, views: { feature: feature.view, out: run.view } };
    });
  });
}

/** First the tile masks, then the pixels. */
export function planBackward(params: LevelParams, context: PlanContext): Dispatch[] {
  const whole = { firstImage: 0, images: params.images, rowFrom: 0, rowTo: params.height };
  const { tilesY, tilesX, words } = tileExtents(params);
  const { grid, counts } = invocations(params.images * tilesY * tilesX * words);
  const uniforms = {
    ...common(params, { part: whole, run: noRois(context), unit: 1 }),
    ...{ ...counts, ...pixelsOf(params, whole), lanes: 0, featureBase: 0, adds: 0 },
  };
  return [
    { shader: tilesShader, uniforms, grid },
    ...featureParts(params, context).flatMap((part) => planPixels(params, part, context)),
  ];
}

function planPixels(params: LevelParams, part: FeaturePart, context: PlanContext): Dispatch[] {
  const inPatches = context.isSoftware && params.channels % VECTOR === 0;
  const unit = inPatches ? VECTOR : 1;
  const lanes = ceilDiv(params.channels, CHANNELS);
  const places = inPatches ? patchesOf(params, part) : pixelsOf(params, part);
  const { grid, counts } = invocations(part.images * places.placesX * places.placesY * lanes);
  const feature = featureView(params, part, context);
  const runs = roiRuns(params, part, context);
  // Without RoIs the gradient is still to be written.
  return (runs.length > 0 ? runs : [noRois(context)]).map((run, i) => ({
    shader: inPatches ? patchShader : backwardShader,
    uniforms: {
      ...common(params, { part, run, unit }),
      ...{ ...counts, ...places, lanes, featureBase: feature.base / unit, adds: Number(i > 0) },
    },
    grid,
    views: { dFeature: feature.view, dOut: run.view },
  }));
}

/** A grid of `count` invocations, and the uniforms that tell where it ends. */
function invocations(count: number) {
  const { grid, rowLength: row } = gridFor(count, 64);
  return { grid, counts: { count, row } };
}

/** Uniforms of the level, the part and the RoIs; channels and bases in units of `unit` numbers. */
function common(
  { images: _, isFirst, channels, ...level }: LevelParams,
  { part, run, unit }: { part: FeaturePart; run: RoiRun; unit: number },
) {
  const { firstImage, rowFrom, rowTo } = part;
  return {
    ...{ ...level, ...tileExtents(level), firstImage, rowFrom, rowTo },
    ...{ roiFrom: run.roiFrom, roiTo: run.roiTo, outBase: run.base / unit },
    ...{ isFirst: Number(isFirst), channels: channels / unit },
  };
}

function pixelsOf({ width }: LevelParams, { rowFrom, rowTo }: FeaturePart) {
  return { placesX: width, placesY: rowTo - rowFrom };
}

/** Patches of an image's rows of the part. They begin at even rows, so that a band may cut one. */
function patchesOf({ width }: LevelParams, { rowFrom, rowTo }: FeaturePart) {
  return {
    placesX: ceilDiv(width, PATCH.width),
    placesY: ceilDiv(rowTo, PATCH.height) - Math.floor(rowFrom / PATCH.height),
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
function roiRuns(params: LevelParams, part: FeaturePart, context: PlanContext): RoiRun[] {
  const perRoi = params.resolution ** 2 * params.channels;
  const first = part.firstImage * params.rowsPerImage;
  const size = part.images * params.rowsPerImage * perRoi;
  return splitRange(size, perRoi, context).map(({ start, end }) => ({
    roiFrom: first + start / perRoi,
    roiTo: first + end / perRoi,
    ...alignedView(first * perRoi + start, first * perRoi + end, context),
  }));
}

function noRois(context: PlanContext): RoiRun {
  return { roiFrom: 0, roiTo: 0, ...alignedView(0, 0, context) };
}
