/**
 * Convolution by columns: the window of each output pixel is copied to a row of a scratch matrix
 * `[pixels, kh · kw · c/groups]`, which turns the convolution into one matrix product per block of pixels.
 * Works for every geometry; blocks keep the scratch within {@link BLOCK_ELEMENTS}.
 */
import { type FloatArray, gemm } from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import { copyRun, scratch } from "./scratch.ts";

/** Elements of the scratch matrix: 4 MiB in float32, which stays in the last-level cache. */
const BLOCK_ELEMENTS = 1 << 20;

/** Output pixels, counted over all images, that one block works on, and the channel group. */
interface Block {
  readonly first: number;
  readonly count: number;
  readonly group: number;
}

/** Called after a block of out is complete: the place for bias and ReLU while it is in the cache. */
export type Finish = (firstPixel: number, pixels: number) => void;

/** out = x ⋆ weight, `finish`ed block by block. */
export function forwardColumns(
  { x, weight, out }: { x: FloatArray; weight: FloatArray; out: FloatArray },
  g: Geometry,
  finish: Finish,
): void {
  const { depth, perGroup } = sizes(g);
  for (const { first, count } of blocks(g)) {
    const columns = scratch("columns", count * depth, x);
    for (let group = 0; group < g.groups; group++) {
      gather(x, columns, g, { first, count, group });
      gemm({
        m: count,
        n: perGroup,
        k: depth,
        a: { data: columns, stride: depth },
        b: { data: weight, offset: group * perGroup, stride: g.o },
        c: { data: out, offset: first * g.o + group * perGroup, stride: g.o },
      });
    }
    finish(first, count);
  }
}

/** dX = the columns of dOut · weightᵀ, added up where windows overlap. */
export function inputColumns(
  { dOut, weight, dX }: { dOut: FloatArray; weight: FloatArray; dX: FloatArray },
  g: Geometry,
): void {
  const { depth, perGroup } = sizes(g);
  dX.fill(0);
  for (const { first, count } of blocks(g)) {
    const columns = scratch("columns", count * depth, dX);
    for (let group = 0; group < g.groups; group++) {
      gemm({
        m: count,
        n: depth,
        k: perGroup,
        a: { data: dOut, offset: first * g.o + group * perGroup, stride: g.o },
        b: { data: weight, offset: group * perGroup, stride: g.o, transpose: true },
        c: { data: columns, stride: depth },
      });
      scatter(columns, dX, g, { first, count, group });
    }
  }
}

/** dWeight = columnsᵀ · dOut, accumulated over blocks. */
export function weightColumns(
  { x, dOut, dWeight }: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  const { depth, perGroup } = sizes(g);
  dWeight.fill(0);
  for (const { first, count } of blocks(g)) {
    const columns = scratch("columns", count * depth, x);
    for (let group = 0; group < g.groups; group++) {
      gather(x, columns, g, { first, count, group });
      gemm({
        m: depth,
        n: perGroup,
        k: count,
        a: { data: columns, stride: depth, transpose: true },
        b: { data: dOut, offset: first * g.o + group * perGroup, stride: g.o },
        c: { data: dWeight, offset: group * perGroup, stride: g.o },
        beta: 1,
      });
    }
  }
}

function sizes(g: Geometry): { depth: number; perGroup: number } {
  return { depth: g.kh * g.kw * g.c / g.groups, perGroup: g.o / g.groups };
}

function blocks(g: Geometry): { first: number; count: number }[] {
  const pixels = g.n * g.ho * g.wo;
  const most = Math.max(16, Math.floor(BLOCK_ELEMENTS / sizes(g).depth));
  // Blocks of equal size: a short last one would run at a fraction of the speed.
  const each = Math.ceil(pixels / Math.max(1, Math.ceil(pixels / most)));
  const result = [];
  for (let first = 0; first < pixels; first += each) {
    result.push({ first, count: Math.min(each, pixels - first) });
  }
  return result;
}

/**
 * How a window's row of taps lies in memory: without groups and dilation it is one run of kw · c numbers,
 * else `parts` runs of `run` numbers, `step` pixels apart.
 */
function tapRuns(g: Geometry): { parts: number; width: number; step: number; run: number } {
  const perGroup = g.c / g.groups;
  if (g.groups === 1 && g.dilation === 1) return { parts: 1, width: g.kw, step: 0, run: g.c };
  return { parts: g.kw, width: 1, step: g.dilation, run: perGroup };
}

/** columns[p, (ky · kw + kx) · perGroup + ch] = x at the tap's pixel, 0 outside of the image. */
function gather(x: FloatArray, columns: FloatArray, g: Geometry, block: Block): void {
  const { parts, width, step, run } = tapRuns(g);
  const channel = block.group * (g.c / g.groups);
  let oy = Math.floor(block.first / g.wo) % g.ho, ox = block.first % g.wo;
  let image = Math.floor(block.first / (g.wo * g.ho));
  let to = 0;
  for (let p = 0; p < block.count; p++) {
    for (let ky = 0; ky < g.kh; ky++) {
      const sy = oy * g.stride - g.padding + ky * g.dilation;
      const inside = sy >= 0 && sy < g.h;
      const row = (image * g.h + sy) * g.w;
      for (let part = 0; part < parts; part++, to += width * run) {
        const sx = ox * g.stride - g.padding + part * step;
        const low = inside ? Math.min(width, Math.max(0, -sx)) : width;
        const high = Math.max(low, Math.min(width, g.w - sx));
        const end = to + width * run;
        const from = to + low * run, until = to + high * run;
        for (let i = to; i < from; i++) columns[i] = 0;
        if (until > from) copyRun(x, (row + sx + low) * g.c + channel, columns, from, until - from);
        for (let i = until; i < end; i++) columns[i] = 0;
      }
    }
    if (++ox === g.wo) {
      ox = 0;
      if (++oy === g.ho) [oy, image] = [0, image + 1];
    }
  }
}

/**
 * The transpose of {@link gather}: dX at each tap's pixel += columns. Both walk alike, each written out: a call for every
 * run would take a third longer where groups or few channels make runs short.
 */
function scatter(columns: FloatArray, dX: FloatArray, g: Geometry, block: Block): void {
  const { parts, width, step, run } = tapRuns(g);
  const channel = block.group * (g.c / g.groups);
  let oy = Math.floor(block.first / g.wo) % g.ho, ox = block.first % g.wo;
  let image = Math.floor(block.first / (g.wo * g.ho));
  let from = 0;
  for (let p = 0; p < block.count; p++) {
    for (let ky = 0; ky < g.kh; ky++) {
      const sy = oy * g.stride - g.padding + ky * g.dilation;
      const inside = sy >= 0 && sy < g.h;
      const row = (image * g.h + sy) * g.w;
      for (let part = 0; part < parts; part++, from += width * run) {
        const sx = ox * g.stride - g.padding + part * step;
        const low = inside ? Math.min(width, Math.max(0, -sx)) : width;
        const high = Math.max(low, Math.min(width, g.w - sx));
        const length = (high - low) * run, start = from + low * run;
        const to = (row + sx + low) * g.c + channel;
        for (let i = 0; i < length; i++) dX[to + i]! += columns[start + i]!;
      }
    }
    if (++ox === g.wo) {
      ox = 0;
      if (++oy === g.ho) [oy, image] = [0, image + 1];
    }
  }
}
