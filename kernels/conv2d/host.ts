/**
 * Convolution over typed arrays. Five ways, chosen by what was measured with OpenBLAS on 2 cores:
 * - pointwise (1×1, stride 1): one matrix product over all pixels;
 * - Winograd's F(4×4, 3×3) (`host/winograd/`) in float32 for 3×3 of stride 1 with enough channels and tiles;
 * - shifted products (`host/shifted.ts`) for other convolutions of stride 1 where neither the map nor the channels are tiny;
 * - columns moved by vectors (`host/narrow.ts`) for the few channels of a network's first one;
 * - columns (`host/columns.ts`) for all else: strided, tiny, or grouped ones.
 */
import { type FloatArray, gemm, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";
import { type Geometry, isPointwise } from "./extents/geometry.ts";
import { forwardColumns, inputColumns, weightColumns } from "./host/columns.ts";
import { forwardNarrow, isNarrow, weightNarrow } from "./host/narrow.ts";
import { forwardShifted, inputShifted, weightShifted } from "./host/shifted.ts";
import { forwardWinograd, inputWinograd, isWinograd } from "./host/winograd/correlation.ts";
import { weightWinograd } from "./host/winograd/weight.ts";

/** What the forward kernel does besides the convolution. */
export interface ForwardParams extends Geometry {
  readonly hasBias: boolean;
  readonly relu: boolean;
}

/** out = x ⋆ weight (+ bias) (then ReLU). */
export function forward(
  arrays: { x: FloatArray; weight: FloatArray; bias: FloatArray; out: FloatArray },
  p: ForwardParams,
): void {
  const finish = (first: number, pixels: number) => addBias(arrays, p, { first, pixels });
  if (isPointwise(p)) {
    forEachGroup(p, (c, o) => {
      gemm({
        m: p.n * p.h * p.w,
        n: p.o / p.groups,
        k: p.c / p.groups,
        a: { data: arrays.x, offset: c, stride: p.c },
        b: { data: arrays.weight, offset: o, stride: p.o },
        c: { data: arrays.out, offset: o, stride: p.o },
      });
    });
    finish(0, p.n * p.h * p.w);
  } else if (isWinograd(p, arrays.x)) forwardWinograd(arrays, p);
  else if (prefersShifted(p)) forwardShifted(arrays, p, finish);
  else if (isNarrow(p, arrays.x)) forwardNarrow(arrays, p, finish);
  else forwardColumns(arrays, p, finish);
}

/** dX = the gradient of the input. */
export function backwardInput(
  arrays: { dOut: FloatArray; weight: FloatArray; dX: FloatArray },
  g: Geometry,
): void {
  if (isPointwise(g)) {
    forEachGroup(g, (c, o) => {
      gemm({
        m: g.n * g.h * g.w,
        n: g.c / g.groups,
        k: g.o / g.groups,
        a: { data: arrays.dOut, offset: o, stride: g.o },
        b: { data: arrays.weight, offset: o, stride: g.o, transpose: true },
        c: { data: arrays.dX, offset: c, stride: g.c },
      });
    });
  } else if (isWinograd(g, arrays.dX)) inputWinograd(arrays, g);
  else if (prefersShifted(g) && g.padding <= g.dilation * (Math.min(g.kh, g.kw) - 1)) {
    inputShifted(arrays, g);
  } else inputColumns(arrays, g);
}

/** dWeight = the gradient of the weight. */
export function backwardWeight(
  arrays: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  if (isPointwise(g)) {
    forEachGroup(g, (c, o) => {
      gemm({
        m: g.c / g.groups,
        n: g.o / g.groups,
        k: g.n * g.h * g.w,
        a: { data: arrays.x, offset: c, stride: g.c, transpose: true },
        b: { data: arrays.dOut, offset: o, stride: g.o },
        c: { data: arrays.dWeight, offset: o, stride: g.o },
      });
    });
  } else if (isWinograd(g, arrays.x)) weightWinograd(arrays, g);
  else if (prefersShifted(g)) weightShifted(arrays, g);
  else if (isNarrow(g, arrays.x)) weightNarrow(arrays, g);
  else weightColumns(arrays, g);
}

/**
 * Shifted products waste the padding's share of the work, columns the time to copy each input kh · kw times. Per core,
 * 3×3: 16→16 at 32×32 67 against 14 GFLOP/s, 64→64 at 8×8 79 against 58, 256→256 at 13×21 the same.
 */
function prefersShifted(g: Geometry): boolean {
  const isStraight = g.stride === 1 && g.groups === 1 && g.ho > 0;
  return isStraight && g.wo >= 8 && g.c >= 16 && g.o >= 16;
}

/** Calls `product` with the first input and output channel of each group. */
function forEachGroup(g: Geometry, product: (c: number, o: number) => void): void {
  for (let group = 0; group < g.groups; group++) {
    product(group * g.c / g.groups, group * g.o / g.groups);
  }
}

const biased = vectorLoop({
  streams: ["out"],
  tables: ["bias"],
  outputs: ({ out, bias }) => ({ out: lanes.add(out, bias) }),
});
const rectified = vectorLoop({
  streams: ["out"],
  outputs: ({ out }) => ({ out: lanes.relu(out) }),
});
const biasedAndRectified = vectorLoop({
  streams: ["out"],
  tables: ["bias"],
  outputs: ({ out, bias }) => ({ out: lanes.relu(lanes.add(out, bias)) }),
});

function addBias(
  arrays: { bias: FloatArray; out: FloatArray },
  { o, hasBias, relu }: ForwardParams,
  { first, pixels }: { first: number; pixels: number },
): void {
  if (!hasBias && !relu) return;
  const { bias, out } = arrays, end = (first + pixels) * o;
  if (suitsVectors(arrays, { size: pixels * o, period: o })) {
    const loop = !hasBias ? rectified : relu ? biasedAndRectified : biased;
    return loop(arrays, { start: first * o, end, period: o });
  }
  // Math.max rather than a comparison: signs are random, so a branch would be guessed wrongly half of the time.
  // It hands NaN on, which must be found, not hidden.
  const least = relu ? 0 : -Infinity;
  for (let start = first * o; start < end; start += o) {
    if (hasBias) {
      for (let i = 0; i < o; i++) out[start + i] = Math.max(out[start + i]! + bias[i]!, least);
    } else for (let i = 0; i < o; i++) out[start + i] = Math.max(out[start + i]!, least);
  }
}
