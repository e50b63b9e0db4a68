/** Max pooling over typed arrays, NHWC; shapes as in mod.ts. */
import { type FloatArray, vectorLoop } from "../../core/runtime/mod.ts";
import type { WindowParams } from "../_shared/axis_windows.ts";
import { gradients, maxima, suitsAxes } from "./axes.ts";

/** Extents of input and output, and the window. */
export type PoolParams = WindowParams;

const addUp = vectorLoop({ streams: ["out"], sums: ({ out }) => ({ sum: out }) });

/** out = maximum over each window. */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  params: PoolParams,
): void {
  const { channels } = params, arrays = { x, out };
  if (suitsAxes(arrays, params)) return maxima(arrays, params);
  const best = new Int32Array(channels), windows = windowCount(params);
  for (let window = 0; window < windows; window++) {
    firstMaxima(x, best, params, window);
    for (let c = 0; c < channels; c++) out[window * channels + c] = x[best[c]!]!;
  }
}

/** dX = dOut added at the first maximum of each window, row by row; where it holds NaN, at the last of them. */
export function backwardX(
  { dOut, out, x, dX }: { dOut: FloatArray; out: FloatArray; x: FloatArray; dX: FloatArray },
  params: PoolParams,
): void {
  const { channels } = params, arrays = { dOut, out, x, dX };
  if (suitsAxes(arrays, params) && !holdsNaN(arrays.out)) return gradients(arrays, params);
  const best = new Int32Array(channels), windows = windowCount(params);
  dX.fill(0);
  for (let window = 0; window < windows; window++) {
    firstMaxima(x, best, params, window);
    for (let c = 0; c < channels; c++) dX[best[c]!]! += dOut[window * channels + c]!;
  }
}

/** True where an element is NaN, and seldom else: ∞ − ∞ is NaN too. */
function holdsNaN(out: Float32Array): boolean {
  const sum = new Float64Array(1);
  addUp({ out, sum }, { end: out.length });
  return Number.isNaN(sum[0]);
}

function windowCount({ images, outHeight, outWidth }: PoolParams): number {
  return images * outHeight * outWidth;
}

/** best[c] = index in x of the first maximum of channel c, row by row, in one window; NaN wins, as in PyTorch. */
function firstMaxima(x: FloatArray, best: Int32Array, params: PoolParams, window: number): void {
  const { height, width, channels, outHeight, outWidth, kernel, stride, padding } = params;
  const startX = (window % outWidth) * stride - padding;
  const startY = (Math.floor(window / outWidth) % outHeight) * stride - padding;
  const top = Math.max(0, startY), bottom = Math.min(height, startY + kernel);
  const left = Math.max(0, startX), right = Math.min(width, startX + kernel);
  const image = Math.floor(window / outWidth / outHeight) * height;
  const first = ((image + top) * width + left) * channels;
  for (let c = 0; c < channels; c++) best[c] = first + c;
  for (let y = top; y < bottom; y++) {
    for (let column = left; column < right; column++) {
      const from = ((image + y) * width + column) * channels;
      for (let c = 0; c < channels; c++) {
        const value = x[from + c]!, at = best[c]!;
        // A mask instead of a branch, which V8 would mispredict.
        const wins = Number(value > x[at]!) | Number(value !== value);
        best[c] = at + ((from + c - at) & -wins);
      }
    }
  }
}
