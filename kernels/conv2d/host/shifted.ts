/**
 * Convolution of stride 1 by shifted products: over a zero-padded copy of the input, of row width `wp`, the
 * pixels that one tap sees are one contiguous matrix, `ky · dilation · wp + kx · dilation` pixels further on.
 * So each tap is one product of `rows · wp` rows, added to what the taps before gave; the columns beyond
 * `wo` are junk and dropped in the end. Nothing is copied kh · kw times. Rows and images share the zeros between
 * them, the right margin of one being the left margin of the next: there is less junk to compute.
 */
import { type FloatArray, gemm } from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import type { Finish } from "./columns.ts";
import { copyRun, scratch } from "./scratch.ts";

/** Elements of the padded copy of one block at most: 8 MiB in float32. */
const BLOCK_ELEMENTS = 1 << 21;

/** A stride-1 correlation, of which forward and the gradient of the input are both cases. */
interface Correlation {
  readonly images: number;
  readonly source: { readonly data: FloatArray; h: number; w: number; c: number };
  readonly target: { readonly data: FloatArray; h: number; w: number; c: number };
  readonly kh: number;
  readonly kw: number;
  readonly paddingY: number;
  readonly paddingX: number;
  readonly dilation: number;
}

/** Rows `[row, row + rows)` of the target in each of some images; all rows where there are several images. */
interface Block {
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
}

/** out = x ⋆ weight, `finish`ed block by block. */
export function forwardShifted(
  { x, weight, out }: { x: FloatArray; weight: FloatArray; out: FloatArray },
  g: Geometry,
  finish: Finish,
): void {
  const shape = forwardCorrelation(x, out, g);
  correlate(shape, finish, (tap) => ({
    data: weight,
    offset: (tap.ky * g.kw + tap.kx) * g.c * g.o,
    stride: g.o,
  }));
}

/** dX = dOut ⋆ the flipped weight, transposed tap by tap. */
export function inputShifted(
  { dOut, weight, dX }: { dOut: FloatArray; weight: FloatArray; dX: FloatArray },
  g: Geometry,
): void {
  const shape: Correlation = {
    images: g.n,
    source: { data: dOut, h: g.ho, w: g.wo, c: g.o },
    target: { data: dX, h: g.h, w: g.w, c: g.c },
    kh: g.kh,
    kw: g.kw,
    paddingY: g.dilation * (g.kh - 1) - g.padding,
    paddingX: g.dilation * (g.kw - 1) - g.padding,
    dilation: g.dilation,
  };
  correlate(shape, () => {}, (tap) => ({
    data: weight,
    offset: ((g.kh - 1 - tap.ky) * g.kw + g.kw - 1 - tap.kx) * g.c * g.o,
    stride: g.o,
    transpose: true,
  }));
}

/** dWeight[tap] = paddedXᵀ, shifted · dOut spread to the padded width with zeros between its rows. */
export function weightShifted(
  { x, dOut, dWeight }: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  const shape = forwardCorrelation(x, dOut, g);
  const wp = paddedWidth(shape);
  dWeight.fill(0);
  for (const block of blocks(shape)) {
    const padded = padBlock(shape, block);
    const spread = spreadBlock(shape, block);
    for (let ky = 0; ky < g.kh; ky++) {
      for (let kx = 0; kx < g.kw; kx++) {
        const offset = (ky * g.dilation * wp + kx * g.dilation) * g.c;
        gemm({
          m: g.c,
          n: g.o,
          k: pixelsOf(shape, block),
          a: { data: padded, offset, stride: g.c, transpose: true },
          b: { data: spread, stride: g.o },
          c: { data: dWeight, offset: (ky * g.kw + kx) * g.c * g.o, stride: g.o },
          beta: 1,
        });
      }
    }
  }
}

function forwardCorrelation(x: FloatArray, out: FloatArray, g: Geometry): Correlation {
  return {
    images: g.n,
    source: { data: x, h: g.h, w: g.w, c: g.c },
    target: { data: out, h: g.ho, w: g.wo, c: g.o },
    kh: g.kh,
    kw: g.kw,
    paddingY: g.padding,
    paddingX: g.padding,
    dilation: g.dilation,
  };
}

type TapMatrix = (tap: { ky: number; kx: number }) => Parameters<typeof gemm>[0]["b"];

function correlate(shape: Correlation, finish: Finish, matrixOf: TapMatrix): void {
  const { source, target, dilation } = shape;
  const wp = paddedWidth(shape), perRow = target.w * target.c;
  for (const block of blocks(shape)) {
    const padded = padBlock(shape, block);
    const m = pixelsOf(shape, block);
    const wide = scratch("wide", m * target.c, target.data);
    for (let ky = 0; ky < shape.kh; ky++) {
      for (let kx = 0; kx < shape.kw; kx++) {
        const offset = (ky * dilation * wp + kx * dilation) * source.c;
        gemm({
          m,
          n: target.c,
          k: source.c,
          a: { data: padded, offset, stride: source.c },
          b: matrixOf({ ky, kx }),
          c: { data: wide, stride: target.c },
          beta: ky + kx === 0 ? 0 : 1,
        });
      }
    }
    forEachRow(
      shape,
      block,
      (inTarget, padded) =>
        copyRun(wide, padded * wp * target.c, target.data, inTarget * perRow, perRow),
    );
    finish((block.image * target.h + block.row) * target.w, block.images * block.rows * target.w);
  }
}

/** dOut at the padded width and height, with zeros in between. */
function spreadBlock(shape: Correlation, block: Block): FloatArray {
  const { data, w, c } = shape.target;
  const wp = paddedWidth(shape), size = pixelsOf(shape, block) * c;
  const spread = scratch("spread", size, data);
  let end = 0;
  forEachRow(shape, block, (inTarget, padded) => {
    spread.fill(0, end, padded * wp * c);
    copyRun(data, inTarget * w * c, spread, padded * wp * c, w * c);
    end = padded * wp * c + w * c;
  });
  return spread;
}

/** Calls `visit` with each row of the block, counted in the target and in the padded block. */
function forEachRow(
  shape: Correlation,
  block: Block,
  visit: (inTarget: number, padded: number) => void,
): void {
  for (let image = 0; image < block.images; image++) {
    const first = (block.image + image) * shape.target.h + block.row;
    for (let y = 0; y < block.rows; y++) visit(first + y, image * imagePitch(shape, block) + y);
  }
}

/** Rows from one image of the padded block to the next, which share the zeros between them. */
function imagePitch(shape: Correlation, block: Block): number {
  const { source, target, paddingY, dilation, kh } = shape;
  if (block.images === 1) return block.rows + dilation * (kh - 1);
  return Math.max(source.h + paddingY, target.h);
}

/** Pixels of the padded block from the first to the last that is a target's, junk included. */
function pixelsOf(shape: Correlation, block: Block): number {
  const rows = (block.images - 1) * imagePitch(shape, block) + block.rows;
  return (rows - 1) * paddedWidth(shape) + shape.target.w;
}

/** Pixels from row to row of the padded block. */
function paddedWidth({ source, target, paddingX }: Correlation): number {
  return Math.max(source.w + paddingX, target.w);
}

/** Several whole images where they fit, since larger products are faster; else rows of one image. */
function blocks(shape: Correlation): Block[] {
  const { source, target, images } = shape;
  const perRow = paddedWidth(shape) * Math.max(source.c, target.c);
  const most = Math.max(1, Math.floor(BLOCK_ELEMENTS / perRow) - shape.dilation * (shape.kh - 1));
  const together = Math.floor(most / (target.h + shape.dilation * (shape.kh - 1)));
  const result: Block[] = [];
  if (together > 1) {
    for (let image = 0; image < images; image += together) {
      const here = Math.min(together, images - image);
      result.push({ image, images: here, row: 0, rows: target.h });
    }
    return result;
  }
  const rows = Math.ceil(target.h / Math.max(1, Math.ceil(target.h / most)));
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < target.h; row += rows) {
      result.push({ image, images: 1, row, rows: Math.min(rows, target.h - row) });
    }
  }
  return result;
}

/** The rows of the source that a block sees, with zeros around where they leave the image. */
function padBlock(shape: Correlation, block: Block): FloatArray {
  const { source, paddingX } = shape;
  const wp = paddedWidth(shape), rows = imagePitch(shape, block);
  const height = (block.images - 1) * rows + block.rows + shape.dilation * (shape.kh - 1);
  const left = paddingX * source.c, middle = source.w * source.c;
  const size = height * wp * source.c;
  const padded = scratch("padded", size + left, source.data);
  for (let y = 0; y < height; y++) {
    const image = block.image + Math.floor(y / rows);
    const sy = block.row + y % rows - shape.paddingY;
    const to = y * wp * source.c, end = to + wp * source.c;
    if (sy < 0 || sy >= source.h) {
      padded.fill(0, to, end);
      continue;
    }
    padded.fill(0, to, to + left);
    const from = (image * source.h + sy) * source.w * source.c;
    copyRun(source.data, from, padded, to + left, middle);
    padded.fill(0, to + left + middle, end);
  }
  padded.fill(0, size, size + left);
  return padded;
}
