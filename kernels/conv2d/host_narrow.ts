/**
 * Convolution of few channels in float32, such as a network's first, by columns. A row of a window is a short run there,
 * kw · c numbers, of which a loop would move one at a time. Over a padded copy of the input, whose rows begin at even
 * elements, the runs are moved as float64, two numbers at a time; runs of an odd length are one longer, and their
 * last number, of the next pixel, meets a weight of 0. Halves are only moved, none is changed; but what is no finite
 * number spreads by that 0 to a window beside its own.
 */
import { type FloatArray, gemm } from "../../core/runtime/mod.ts";
import type { Geometry } from "./geometry.ts";
import type { Finish } from "./host_columns.ts";
import { scratch } from "./host_scratch.ts";

/** Elements of the columns at most: 4 MiB. */
const BLOCK_ELEMENTS = 1 << 20;

/** Longer runs are copied by calls. */
const LONGEST_RUN = 40;

/** Rows `[row, row + rows)` of the output of one image. */
interface Block {
  readonly image: number;
  readonly row: number;
  readonly rows: number;
}

/** True where this way is possible and the faster one. */
export function isNarrow(g: Geometry, array: FloatArray): boolean {
  const isPlain = g.groups === 1 && g.dilation === 1 && g.ho > 0;
  const isAligned = g.stride * g.c % 2 === 0;
  return isPlain && isAligned && g.kw * g.c <= LONGEST_RUN && array instanceof Float32Array;
}

/** out = x ⋆ weight, `finish`ed block by block. */
export function forwardNarrow(
  { x, weight, out }: { x: FloatArray; weight: FloatArray; out: FloatArray },
  g: Geometry,
  finish: Finish,
): void {
  const { run, even, depth } = sizes(g);
  const spaced = scratch("spaced weight", depth * g.o, weight).fill(0);
  for (let ky = 0; ky < g.kh; ky++) {
    spaced.set(weight.subarray(ky * run * g.o, (ky + 1) * run * g.o), ky * even * g.o);
  }
  for (const block of blocks(g)) {
    const columns = columnsOf(x, g, block);
    const count = block.rows * g.wo, first = (block.image * g.ho + block.row) * g.wo;
    gemm({
      m: count,
      n: g.o,
      k: depth,
      a: { data: columns, stride: depth },
      b: { data: spaced, stride: g.o },
      c: { data: out, offset: first * g.o, stride: g.o },
    });
    finish(first, count);
  }
}

/** dWeight = columnsᵀ · dOut, added up over blocks. */
export function weightNarrow(
  { x, dOut, dWeight }: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  const { run, even, depth } = sizes(g);
  const spaced = scratch("spaced weight", depth * g.o, dWeight).fill(0);
  for (const block of blocks(g)) {
    const columns = columnsOf(x, g, block);
    const first = (block.image * g.ho + block.row) * g.wo;
    gemm({
      m: depth,
      n: g.o,
      k: block.rows * g.wo,
      a: { data: columns, stride: depth, transpose: true },
      b: { data: dOut, offset: first * g.o, stride: g.o },
      c: { data: spaced, stride: g.o },
      beta: 1,
    });
  }
  for (let ky = 0; ky < g.kh; ky++) {
    dWeight.set(spaced.subarray(ky * even * g.o, (ky * even + run) * g.o), ky * run * g.o);
  }
}

/** Elements of a window's row, the same rounded up to an even number, and of all rounded rows of a window. */
function sizes(g: Geometry): { run: number; even: number; depth: number } {
  const run = g.kw * g.c, even = run + run % 2;
  return { run, even, depth: g.kh * even };
}

function blocks(g: Geometry): Block[] {
  const most = Math.max(1, Math.floor(BLOCK_ELEMENTS / (sizes(g).depth * g.wo)));
  const each = Math.ceil(g.ho / Math.ceil(g.ho / most));
  const result: Block[] = [];
  for (let image = 0; image < g.n; image++) {
    for (let row = 0; row < g.ho; row += each) {
      result.push({ image, row, rows: Math.min(each, g.ho - row) });
    }
  }
  return result;
}

/** The rows of x that a block sees, with zeros around, and their elements from row to row: an even number. */
function padRows(
  x: FloatArray,
  g: Geometry,
  { image, row, rows }: Block,
): { padded: FloatArray; pitch: number } {
  const width = ((g.wo - 1) * g.stride + g.kw) * g.c;
  const pitch = width + 2 - width % 2, height = (rows - 1) * g.stride + g.kh;
  const padded = scratch("padded rows", height * pitch, x).fill(0, 0, height * pitch);
  const middle = Math.min(g.w * g.c, width - g.padding * g.c);
  for (let y = 0; y < height; y++) {
    const sy = row * g.stride - g.padding + y;
    if (sy < 0 || sy >= g.h || middle <= 0) continue;
    const from = (image * g.h + sy) * g.w * g.c;
    padded.set(x.subarray(from, from + middle), y * pitch + g.padding * g.c);
  }
  return { padded, pitch };
}

/** columns[p, ky · even + i] = element i of row ky of the window of the block's output pixel p. */
function columnsOf(x: FloatArray, g: Geometry, block: Block): FloatArray {
  const { even, depth } = sizes(g);
  const { padded, pitch } = padRows(x, g, block);
  const columns = scratch("columns", block.rows * g.wo * depth, x);
  const source = pairs(padded), target = pairs(columns);
  const step = g.stride * g.c / 2, length = even / 2;
  let to = 0;
  for (let y = 0; y < block.rows; y++) {
    for (let ox = 0; ox < g.wo; ox++) {
      for (let ky = 0; ky < g.kh; ky++) {
        const from = (y * g.stride + ky) * pitch / 2 + ox * step;
        for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
        to += length;
      }
    }
  }
  return columns;
}

/** Two elements of a float32 array as one. */
function pairs(array: FloatArray): Float64Array {
  return new Float64Array(array.buffer, array.byteOffset, array.length >> 1);
}
