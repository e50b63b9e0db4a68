/** What the kernels of few channels have in common: which convolutions they are for, and how these lie in fours. */
import type { Geometry } from "../extents/geometry.ts";
import type { Part } from "../extents/parts.ts";

/** Fours of workgroup memory that software adapters have. */
export const WORKGROUP_FOURS = 2048;

/** The most input channels, and the least rows of the weight. */
const MOST_CHANNELS = 4, LEAST_ROWS = 24;

/** True for few channels whose fours the kernels can load: rows of whole fours, each tap next to the one before. */
export function fitsNarrow(g: Geometry, { isSoftware }: { readonly isSoftware: boolean }): boolean {
  const isPlain = g.groups === 1 && g.dilation === 1 && g.c <= MOST_CHANNELS;
  return isSoftware && isPlain && g.kh * g.kw * g.c >= LEAST_ROWS &&
    g.o % 4 === 0 && g.w * g.c % 4 === 0;
}

/** How the window of a convolution lies in rows of fours. */
export interface NarrowShape {
  readonly kh: number;
  readonly kw: number;
  readonly c: number;
  readonly stride: number;
  /** Numbers of a four before the first that a window sees. */
  readonly shift: number;
  /** Neighbouring pixels of an invocation: so many that the next ones' windows start as many numbers into a four. */
  readonly pixels: number;
}

/** The shape of a geometry. */
export function narrowShape({ kh, kw, c, stride, padding }: Geometry): NarrowShape {
  const pixels = 2 * stride * c % 4 === 0 ? 2 : 4;
  return { kh, kw, c, stride, shift: (4 - padding * c % 4) % 4, pixels };
}

/** What the kernels are told of a part whose source begins at element `base` of its binding. */
export function foursUniforms(g: Geometry, part: Part, base: number): Record<string, number> {
  return {
    sourceH: part.sourceRows,
    sourceFours: g.w * g.c / 4,
    sourceBase: base / 4,
    offsetY: part.offset,
    firstFour: Math.floor(-g.padding * g.c / 4),
    blocks: g.o / 4,
  };
}
