/**
 * Max pooling of whole vectors of channels in float32, along a map's rows and then along its columns: loops over runs
 * work on all windows of a band of rows at once. A window's first maximum, row by row, is the first one in the first row
 * whose own maximum is as large, so that the gradient too goes along one axis after the other.
 * @module
 */
import { heapScratch, lanes, type RunLoop, runLoop, suitsRuns } from "../../core/runtime/mod.ts";
import {
  type Axis,
  type Band,
  bandsOf,
  runAlong,
  runOver,
  sizeBetween,
  tapNames,
  windowLoops,
  type Windows,
  windowsOf,
} from "../_shared/axis_windows.ts";
import type { PoolParams } from "./host.ts";

/** Below this many elements of the output, setting out costs more than the loops. */
const LEAST_SIZE = 2048;

/** The gradient's loop works on two arrays a tap and two more, of twelve. */
const LARGEST_KERNEL = 5;

/** True where {@link maxima} and {@link gradients} can and should be used. */
export function suitsAxes<N extends string>(
  arrays: Readonly<Record<N, unknown>>,
  { images, outHeight, outWidth, channels, kernel }: PoolParams,
): arrays is Record<N, Float32Array> {
  if (images * outHeight * outWidth * channels < LEAST_SIZE) return false;
  return kernel <= LARGEST_KERNEL && suitsRuns(arrays, channels);
}

/** out = maximum over each window; NaN where it holds one. */
export function maxima(
  { x, out }: { x: Float32Array; out: Float32Array },
  params: PoolParams,
): void {
  for (const band of bandsOf(params)) {
    const rows = rowMaxima(x, band, heapScratch(sizeBetween(band)));
    maximaAlong({ x: rows, out: out.subarray(band.windows) }, band.alongColumns);
  }
}

/** dX = dOut added at the first maximum of each window, row by row; a window with NaN gets nothing. */
export function gradients(
  { dOut, x, out, dX }: Record<GradientMap, Float32Array>,
  params: PoolParams,
): void {
  dX.fill(0);
  for (const band of bandsOf(params)) {
    const size = sizeBetween(band), scratch = heapScratch(2 * size);
    const rows = rowMaxima(x, band, scratch), dRows = scratch.subarray(size, 2 * size).fill(0);
    const lines = { out: out.subarray(band.windows), dOut: dOut.subarray(band.windows) };
    gradientsAlong({ x: rows, ...lines, dX: dRows }, band.alongColumns);
    const seen = { x: x.subarray(band.map), dX: dX.subarray(band.map) };
    gradientsAlong({ ...seen, out: rows, dOut: dRows }, band.alongRows);
  }
}

function rowMaxima(x: Float32Array, { map, alongRows }: Band, rows: Float32Array): Float32Array {
  maximaAlong({ x: x.subarray(map), out: rows }, alongRows);
  return rows;
}

const maximumLoops = windowLoops(maximumLoop);

/** out[o, p, i] = the maximum of x over the taps of window p. */
function maximaAlong({ x, out }: { x: Float32Array; out: Float32Array }, axis: Axis): void {
  runAlong(maximumLoops, { map: { x }, windows: { out } }, axis);
}

const gradientLoops = windowLoops(gradientLoop);

type GradientMap = "x" | "out" | "dOut" | "dX";

/**
 * dX += dOut at the first tap of each window that equals out. Where `outer` is above 1, dOut of windows that the map's
 * border cuts is 0 afterwards.
 */
function gradientsAlong(
  { x, dX, out, dOut }: Record<GradientMap, Float32Array>,
  axis: Axis,
): void {
  const { inside, cut } = windowsOf(axis), arrays = { map: { x, dX }, windows: { out, dOut } };
  for (const at of cut) runOver(gradientLoops, arrays, { axis, at });
  if (axis.outer > 1) { for (const at of cut) clear(dOut, at, axis); }
  for (const at of inside) runOver(gradientLoops, arrays, { axis, at });
}

function clear(array: Float32Array, { first, step, count }: Windows, { inner }: Axis): void {
  for (let window = 0; window < count; window++) {
    const from = (first + window * step) * inner;
    array.fill(0, from, from + inner);
  }
}

function maximumLoop(taps: number): RunLoop<string> {
  const streams = tapNames("x", taps);
  return runLoop({
    streams,
    outputs: (value) => ({
      out: streams.map((name) => value[name]!).reduce((a, b) => lanes.maximum(a, b)),
    }),
  });
}

function gradientLoop(taps: number): RunLoop<string> {
  const xs = tapNames("x", taps), dXs = tapNames("dX", taps), zero = lanes.constant(0);
  return runLoop({
    streams: [...xs, ...dXs, "out", "dOut"],
    outputs: (value) => {
      const wins = xs.map((name) => lanes.isEqual(value[name]!, value.out!));
      const added = wins.map((mask, k) => {
        const left = k === 0
          ? value.dOut!
          : lanes.choose(wins.slice(0, k).reduce((a, b) => lanes.either(a, b)), zero, value.dOut!);
        return lanes.choose(mask, left, zero);
      });
      return Object.fromEntries(dXs.map((name, k) => [name, lanes.add(value[name]!, added[k]!)]));
    },
  });
}
