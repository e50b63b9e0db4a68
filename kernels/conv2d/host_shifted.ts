/**
 * Convolution of stride 1 by shifted products: over a zero-padded copy of the input, of row width `wp`, the
 * pixels that one tap sees are one contiguous matrix, `ky · dilation · wp + kx · dilation` pixels further on.
 * So each tap is one product of `rows · wp` rows, added to what the taps before gave; the columns beyond
 * `wo` are junk and dropped in the end. Nothing is copied kh · kw times.
 */
import { type FloatArray, gemm } from "../../core/runtime/mod.ts";
import type { Geometry } from "./geometry.ts";
import type { Finish } from "./host_columns.ts";
import { copyRun, scratch } from "./host_scratch.ts";

/** Elements of the padded copy of one block: 8 MiB in float32. */
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

/** Rows `[row, row + rows)` of the target in one image. */
interface Block {
  readonly image: number;
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
    const spread = scratch("spread", block.rows * wp * g.o, dOut);
    for (let y = 0; y < block.rows; y++) {
      const from = ((block.image * g.ho + block.row + y) * g.wo) * g.o;
      copyRun(dOut, from, spread, y * wp * g.o, g.wo * g.o);
      spread.fill(0, (y * wp + g.wo) * g.o, (y + 1) * wp * g.o);
    }
    for (let ky = 0; ky < g.kh; ky++) {
      for (let kx = 0; kx < g.kw; kx++) {
        const offset = (ky * g.dilation * wp + kx * g.dilation) * g.c;
        gemm({
          m: g.c,
          n: g.o,
          k: (block.rows - 1) * wp + g.wo,
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
  const wp = paddedWidth(shape);
  for (const block of blocks(shape)) {
    const padded = padBlock(shape, block);
    const wide = scratch("wide", block.rows * wp * target.c, target.data);
    for (let ky = 0; ky < shape.kh; ky++) {
      for (let kx = 0; kx < shape.kw; kx++) {
        const offset = (ky * dilation * wp + kx * dilation) * source.c;
        gemm({
          m: (block.rows - 1) * wp + target.w,
          n: target.c,
          k: source.c,
          a: { data: padded, offset, stride: source.c },
          b: matrixOf({ ky, kx }),
          c: { data: wide, stride: target.c },
          beta: ky + kx === 0 ? 0 : 1,
        });
      }
    }
    const first = (block.image * target.h + block.row) * target.w;
    for (let y = 0; y < block.rows; y++) {
      const to = (first + y * target.w) * target.c;
      copyRun(wide, y * wp * target.c, target.data, to, target.w * target.c);
    }
    finish(first, block.rows * target.w);
  }
}

function paddedWidth(shape: Correlation): number {
  return shape.target.w + shape.dilation * (shape.kw - 1);
}

function blocks(shape: Correlation): Block[] {
  const perRow = paddedWidth(shape) * Math.max(shape.source.c, shape.target.c);
  const most = Math.max(1, Math.floor(BLOCK_ELEMENTS / perRow));
  const rows = Math.ceil(shape.target.h / Math.max(1, Math.ceil(shape.target.h / most)));
  const result: Block[] = [];
  for (let image = 0; image < shape.images; image++) {
    for (let row = 0; row < shape.target.h; row += rows) {
      result.push({ image, row, rows: Math.min(rows, shape.target.h - row) });
    }
  }
  return result;
}

/** The rows of the source that a block sees, with zeros around where they leave the image. */
function padBlock(shape: Correlation, block: Block): FloatArray {
  const { source, paddingX } = shape;
  const wp = paddedWidth(shape);
  const rows = block.rows + shape.dilation * (shape.kh - 1);
  const padded = scratch("padded", rows * wp * source.c, source.data);
  const left = paddingX * source.c, middle = Math.min(source.w, wp - paddingX) * source.c;
  for (let y = 0; y < rows; y++) {
    const sy = block.row + y - shape.paddingY;
    const to = y * wp * source.c, end = to + wp * source.c;
    if (sy < 0 || sy >= source.h) {
      padded.fill(0, to, end);
      continue;
    }
    padded.fill(0, to, to + left);
    const from = (block.image * source.h + sy) * source.w * source.c;
    copyRun(source.data, from, padded, to + left, middle);
    padded.fill(0, to + left + middle, end);
  }
  return padded;
}
