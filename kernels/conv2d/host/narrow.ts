/**
 * Convolution of few channels in float32, such as a network's first, by columns. A row of a window is a short run there,
 * kw · c numbers: vectors move it from a padded copy of the input, both of which lie where these can reach them, as do
 * the columns, which the matrix product then reads in place.
 */
import {
  type FloatArray,
  gemm,
  heapScratch,
  runCopier,
  SHORTEST_RUN,
} from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import type { Finish } from "./columns.ts";

/** Elements of the columns at most: 2 MiB. */
const BLOCK_ELEMENTS = 1 << 19;

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
  const run = g.kw * g.c;
  return isPlain && run >= SHORTEST_RUN && run <= LONGEST_RUN && array instanceof Float32Array;
}

/** out = x ⋆ weight, `finish`ed block by block. */
export function forwardNarrow(
  { x, weight, out }: { x: FloatArray; weight: FloatArray; out: FloatArray },
  g: Geometry,
  finish: Finish,
): void {
  const depth = depthOf(g);
  for (const block of blocks(g)) {
    const count = block.rows * g.wo, first = (block.image * g.ho + block.row) * g.wo;
    gemm({
      m: count,
      n: g.o,
      k: depth,
      a: { data: columnsOf(x, g, block), stride: depth },
      b: { data: weight, stride: g.o },
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
  const depth = depthOf(g);
  dWeight.fill(0);
  for (const block of blocks(g)) {
    const first = (block.image * g.ho + block.row) * g.wo;
    gemm({
      m: depth,
      n: g.o,
      k: block.rows * g.wo,
      a: { data: columnsOf(x, g, block), stride: depth, transpose: true },
      b: { data: dOut, offset: first * g.o, stride: g.o },
      c: { data: dWeight, stride: g.o },
      beta: 1,
    });
  }
}

/** Elements of a window. */
function depthOf(g: Geometry): number {
  return g.kh * g.kw * g.c;
}

function blocks(g: Geometry): Block[] {
  const most = Math.max(1, Math.floor(BLOCK_ELEMENTS / (depthOf(g) * g.wo)));
  const each = Math.ceil(g.ho / Math.ceil(g.ho / most));
  const result: Block[] = [];
  for (let image = 0; image < g.n; image++) {
    for (let row = 0; row < g.ho; row += each) {
      result.push({ image, row, rows: Math.min(each, g.ho - row) });
    }
  }
  return result;
}

/** columns[p, ky, kx, c] = the window of the block's output pixel p. */
function columnsOf(x: FloatArray, g: Geometry, block: Block): FloatArray {
  const depth = depthOf(g), run = g.kw * g.c, columns = block.rows * g.wo * depth;
  const pitch = ((g.wo - 1) * g.stride + g.kw) * g.c;
  const height = (block.rows - 1) * g.stride + g.kh;
  const memory = heapScratch(columns + height * pitch);
  padRows(x, memory.subarray(columns, columns + height * pitch), g, { ...block, height, pitch });
  const copy = runCopier(run);
  for (let y = 0; y < block.rows; y++) {
    for (let ky = 0; ky < g.kh; ky++) {
      copy({
        source: memory,
        from: columns + (y * g.stride + ky) * pitch,
        target: memory,
        to: y * g.wo * depth + ky * run,
        count: g.wo,
        fromStep: g.stride * g.c,
        toStep: depth,
      });
    }
  }
  return memory;
}

/** padded = the `height` rows of x that a block sees, `pitch` elements each, with zeros around. */
function padRows(
  x: FloatArray,
  padded: FloatArray,
  g: Geometry,
  { image, row, height, pitch }: Block & { height: number; pitch: number },
): void {
  padded.fill(0);
  const middle = Math.min(g.w * g.c, pitch - g.padding * g.c);
  for (let y = 0; y < height; y++) {
    const sy = row * g.stride - g.padding + y;
    if (sy < 0 || sy >= g.h || middle <= 0) continue;
    const from = (image * g.h + sy) * g.w * g.c;
    padded.set(x.subarray(from, from + middle), y * pitch + g.padding * g.c);
  }
}
