/**
 * Max pooling of whole vectors of channels in float32, along a map's rows and then along its columns: loops over runs
 * work on all windows of a band of rows at once. A window's first maximum, row by row, is the first one in the first row
 * whose own maximum is as large, so that the gradient too goes along one axis after the other.
 * @module
 */
import { heapScratch, lanes, type RunLoop, runLoop, suitsRuns } from "../../core/runtime/mod.ts";
import type { PoolParams } from "./host.ts";

/** Windows along the middle axis of [outer, length, inner], which becomes `outLength`. */
interface Axis extends Pick<PoolParams, "kernel" | "stride" | "padding"> {
  readonly outer: number;
  readonly length: number;
  readonly outLength: number;
  readonly inner: number;
}

/** Some lines of an image's output, and the rows of x that they see. */
interface Band {
  /** First elements of x and of the output. */
  readonly x: number;
  readonly out: number;
  readonly alongRows: Axis;
  readonly alongColumns: Axis;
}

/** Windows at equal distances: places of theirs and of their taps, in units of `inner` elements. */
interface Windows {
  readonly count: number;
  readonly first: number;
  readonly step: number;
  /** First places of the taps within the map. */
  readonly taps: readonly number[];
  readonly tapStep: number;
}

/** Float32 of a band after the first axis: they stay in the second-level cache. */
const BAND = 65536;

/** A run at most: so many elements fit where arrays outside of the heap are copied to. */
const RUN = 4096;

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
    const rows = rowMaxima(x, band, heapScratch(sizeAfterRows(band)));
    maximaAlong({ x: rows, out: out.subarray(band.out) }, band.alongColumns);
  }
}

/** dX = dOut added at the first maximum of each window, row by row; a window with NaN gets nothing. */
export function gradients(
  { dOut, x, out, dX }: Record<GradientMap, Float32Array>,
  params: PoolParams,
): void {
  dX.fill(0);
  for (const band of bandsOf(params)) {
    const size = sizeAfterRows(band), scratch = heapScratch(2 * size);
    const rows = rowMaxima(x, band, scratch), dRows = scratch.subarray(size, 2 * size).fill(0);
    const lines = { out: out.subarray(band.out), dOut: dOut.subarray(band.out) };
    gradientsAlong({ x: rows, ...lines, dX: dRows }, band.alongColumns);
    const seen = { x: x.subarray(band.x), dX: dX.subarray(band.x) };
    gradientsAlong({ ...seen, out: rows, dOut: dRows }, band.alongRows);
  }
}

function rowMaxima(x: Float32Array, { x: at, alongRows }: Band, rows: Float32Array): Float32Array {
  maximaAlong({ x: x.subarray(at), out: rows }, alongRows);
  return rows;
}

function sizeAfterRows({ alongRows: { outer, outLength, inner } }: Band): number {
  return outer * outLength * inner;
}

function bandsOf(params: PoolParams): Band[] {
  const { images, height, width, channels, outHeight, outWidth, kernel, stride, padding } = params;
  const window = { kernel, stride }, line = outWidth * channels;
  const most = Math.max(1, Math.floor((Math.floor(BAND / line) - kernel) / stride) + 1);
  const bands: Band[] = [];
  for (let image = 0; image < images; image++) {
    for (let first = 0; first < outHeight; first += most) {
      const lines = Math.min(most, outHeight - first), start = first * stride - padding;
      const top = Math.max(0, start);
      const rows = Math.min(height, start + (lines - 1) * stride + kernel) - top;
      const along = { ...window, outLength: lines, length: rows, padding: top - start };
      bands.push({
        x: (image * height + top) * width * channels,
        out: (image * outHeight + first) * line,
        alongRows: {
          ...window,
          ...{ outer: rows, length: width, outLength: outWidth, inner: channels, padding },
        },
        alongColumns: { ...along, outer: 1, inner: line },
      });
    }
  }
  return bands;
}

const maximumLoops = new Map<number, RunLoop<string>>();

/** out[o, p, i] = the maximum of x over the taps of window p. */
function maximaAlong({ x, out }: { x: Float32Array; out: Float32Array }, axis: Axis): void {
  const { inside, cut } = windowsOf(axis);
  // What is inside may go over cut windows as if they were whole: those come last.
  for (const windows of [...inside, ...cut]) {
    const { length } = windows.taps, arrays: Record<string, Float32Array> = { out };
    for (let k = 0; k < length; k++) arrays[`x${k}`] = x;
    runOver(loopOf(maximumLoops, length, maximumLoop), arrays, { axis, windows });
  }
}

const gradientLoops = new Map<number, RunLoop<string>>();

/**
 * dX += dOut at the first tap of each window that equals out. Where `outer` is above 1, dOut of windows that the map's
 * border cuts is 0 afterwards.
 */
function gradientsAlong(maps: Record<GradientMap, Float32Array>, axis: Axis): void {
  const { inside, cut } = windowsOf(axis);
  for (const windows of cut) addGradients(maps, { axis, windows });
  if (axis.outer > 1) { for (const windows of cut) clear(maps.dOut, windows, axis); }
  for (const windows of inside) addGradients(maps, { axis, windows });
}

type GradientMap = "x" | "out" | "dOut" | "dX";

function addGradients(
  { x, out, dOut, dX }: Record<GradientMap, Float32Array>,
  { axis, windows }: { axis: Axis; windows: Windows },
): void {
  const { length } = windows.taps, arrays: Record<string, Float32Array> = { out, dOut };
  for (let k = 0; k < length; k++) [arrays[`x${k}`], arrays[`dX${k}`]] = [x, dX];
  runOver(loopOf(gradientLoops, length, gradientLoop), arrays, { axis, windows });
}

function clear(array: Float32Array, { first, step, count }: Windows, { inner }: Axis): void {
  for (let window = 0; window < count; window++) {
    const from = (first + window * step) * inner;
    array.fill(0, from, from + inner);
  }
}

function loopOf(
  loops: Map<number, RunLoop<string>>,
  taps: number,
  make: (taps: number) => RunLoop<string>,
): RunLoop<string> {
  const known = loops.get(taps) ?? make(taps);
  loops.set(taps, known);
  return known;
}

function tapNames(name: string, taps: number): string[] {
  return Array.from({ length: taps }, (_, k) => `${name}${k}`);
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

/** Runs over windows, whose arrays are `x0`, `x1` … and `dX0` … at their taps and `out`, `dOut` at their own places. */
function runOver(
  loop: RunLoop<string>,
  arrays: Record<string, Float32Array>,
  { axis: { inner }, windows: { count, first, step, taps, tapStep } }: {
    axis: Axis;
    windows: Windows;
  },
): void {
  for (let start = 0; start < inner; start += RUN) {
    const places = (from: number, step: number) => ({
      from: from * inner + start,
      step: step * inner,
    });
    const own = places(first, step), at: Record<string, typeof own> = { out: own, dOut: own };
    taps.forEach((tap, k) => at[`x${k}`] = at[`dX${k}`] = places(tap, tapStep));
    loop(arrays, { length: Math.min(RUN, inner - start), count, at });
  }
}

/**
 * Windows that lie within the map whole, and those that its borders cut. Where the former follow each other across
 * `outer` at equal distances they are one, which goes over the latter in between as if they were whole.
 */
function windowsOf(axis: Axis): { inside: Windows[]; cut: Windows[] } {
  const { outer, length, outLength, kernel, stride, padding } = axis;
  const begin = Math.min(outLength, Math.ceil(padding / stride));
  const end = Math.max(
    begin,
    Math.min(outLength, Math.floor((length + padding - kernel) / stride) + 1),
  );
  const inside: Windows[] = [], cut: Windows[] = [], along = { step: 1, tapStep: stride };
  const isOne = outer === 1 || outLength * stride === length;
  if (end > begin) {
    const count = end - begin + (isOne ? (outer - 1) * outLength : 0);
    for (let row = 0; row < (isOne ? 1 : outer); row++) {
      inside.push({ count, ...along, ...placesOf(axis, row, begin) });
    }
  }
  const across = { count: outer, step: outLength, tapStep: length };
  for (let position = 0; position < outLength; position++) {
    if (position < begin || position >= end) {
      cut.push({ ...across, ...placesOf(axis, 0, position) });
    }
  }
  return { inside, cut };
}

function placesOf(
  { length, outLength, kernel, stride, padding }: Axis,
  row: number,
  window: number,
) {
  const start = window * stride - padding, begin = Math.max(0, start);
  const end = Math.min(length, start + kernel);
  const taps = Array.from({ length: end - begin }, (_, k) => row * length + begin + k);
  return { first: row * outLength + window, taps };
}
