/** Extents of a deformable convolution, the checks of what a caller passes, and how it is cut into parts. */
import {
  type Device,
  formatShape,
  type PlanContext,
  type Shape,
  sizeOf,
} from "../../core/runtime/mod.ts";
import { type MapPart, mapParts } from "../_shared/map_parts.ts";
import {
  type Geometry,
  geometryOf,
  matrixGeometry,
  type Window,
} from "../conv2d/extents/geometry.ts";

/** A convolution's extents, and those of its offsets `[n, ho, wo, offsetChannels]`. */
export interface DeformGeometry extends Geometry {
  /** Groups of input channels, each with offsets (and masks) of its own. */
  readonly deformGroups: number;
  /** True where every tap has a mask. */
  readonly modulated: boolean;
  readonly taps: number;
  readonly offsetChannels: number;
  /** Consecutive channels that share both their convolution's group and their offsets. */
  readonly run: number;
}

/** What the geometry depends on besides the shapes. */
export interface DeformWindow extends Window {
  readonly deformGroups?: number;
  readonly modulated: boolean;
}

/** The geometry of x convolved with weight. @throws RangeError where the shapes do not fit each other. */
export function deformGeometryOf(
  shapes: { x: Shape; offsets: Shape; weight: Shape },
  window: DeformWindow,
): DeformGeometry {
  const { deformGroups = 1, modulated } = window;
  const g = geometryOf(shapes.x, shapes.weight, window);
  if (!(deformGroups >= 1) || g.c % deformGroups !== 0) {
    throw new RangeError(
      `Cannot convolve as the deformable groups must divide the ${g.c} input channels: they are ${deformGroups}`,
    );
  }
  const taps = g.kh * g.kw;
  const offsetChannels = deformGroups * taps * (modulated ? 3 : 2);
  const expected = [g.n, g.ho, g.wo, offsetChannels];
  if (formatShape(expected) !== formatShape(shapes.offsets)) {
    throw new RangeError(
      `Cannot convolve as the offsets must be ${formatShape(expected)}: their shape is ${
        formatShape(shapes.offsets)
      }`,
    );
  }
  const run = g.c / leastCommonMultiple(g.groups, deformGroups);
  return { ...g, deformGroups, modulated, taps, offsetChannels, run };
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

/** The matrix product of `pixels` rows of columns `[groups, taps, c / groups]` with the weight. */
export function columnGeometry(g: DeformGeometry, pixels: number): Geometry {
  return { ...matrixGeometry(pixels, g.taps * g.c, g.o), groups: g.groups };
}

/** Bytes of the largest scratch tensor: large enough that a GPU is busy, small beside the activations. */
const SCRATCH_BYTES = 64 * 2 ** 20;

/** Elements that an output pixel takes of the largest tensor, and that one image's lists of taps take. */
function elementsOf(g: DeformGeometry): { pixel: number; lists: number } {
  const pixel = Math.max(g.taps * g.c, TAP_WORDS * tapsPerPixel(g), g.o, g.offsetChannels);
  return { pixel, lists: g.deformGroups * (g.h + 1) * (g.w + 1) };
}

/** Words of a placed tap besides its cell: two parts of a pixel, mask, and the next tap of its list. */
const TAP_WORDS = 4;

function tapsPerPixel(g: DeformGeometry): number {
  return g.deformGroups * g.taps;
}

/** Parts of the output, whole images or rows of one, whose scratch tensors stay within bounds. */
export function outputParts(g: DeformGeometry, info: { maxBindingBytes: number }): MapPart[] {
  const { pixel, lists } = elementsOf(g);
  const context = {
    maxBindingBytes: Math.min(SCRATCH_BYTES, info.maxBindingBytes),
    // The most that WebGPU asks for, so that a part fits whatever the adapter's alignment is.
    offsetAlignment: 64,
    maxBindings: 8,
    isSoftware: false,
  };
  return mapParts({
    images: g.n,
    rows: g.ho,
    imageElements: Math.max(g.ho * g.wo * pixel, lists),
    rowElements: (rows) => rows * g.wo * pixel,
  }, context);
}

/** Shapes of the scratch tensors that the parts share. The CPU device has its own scratch memory and needs none. */
export function scratchShapes(
  g: DeformGeometry,
  parts: readonly MapPart[],
  device: Device,
): { cells: Shape; taps: Shape; columns: Shape; heads: Shape } {
  if (device.info.kind === "cpu") return { cells: [0], taps: [0], columns: [0], heads: [0] };
  const pixels = Math.max(...parts.map((part) => pixelsOf(g, part)));
  const images = Math.max(...parts.map((part) => part.images));
  return {
    cells: [pixels, tapsPerPixel(g), 2],
    taps: [pixels, tapsPerPixel(g), TAP_WORDS],
    columns: [pixels, g.taps * g.c],
    heads: [images, g.deformGroups, g.h + 1, g.w + 1],
  };
}

/** Output pixels of a part. */
export function pixelsOf(g: DeformGeometry, part: MapPart): number {
  return part.images * part.rows * g.wo;
}

/** The first of a part's pixels, counted over all images. */
export function firstPixelOf(g: DeformGeometry, part: MapPart): number {
  return (part.image * g.ho + part.row) * g.wo;
}

/** Parts of the input that fit a binding: whole images, or bands of rows of one. */
export function inputParts(g: DeformGeometry, context: PlanContext): MapPart[] {
  return mapParts({
    images: g.n,
    rows: g.h,
    imageElements: sizeOf([g.h, g.w, g.c]),
    rowElements: (rows) => sizeOf([rows, g.w, g.c]),
  }, context);
}
