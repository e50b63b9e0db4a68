/** Max pooling over typed arrays, NHWC; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Extents of input and output, and the window. */
export interface PoolParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** out = maximum over each window. */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  params: PoolParams,
): void {
  const { images, height, width, channels, outHeight, outWidth, kernel, stride, padding } = params;
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const top = Math.max(0, oy * stride - padding);
      const bottom = Math.min(height, oy * stride - padding + kernel);
      for (let ox = 0; ox < outWidth; ox++, at += channels) {
        const left = Math.max(0, ox * stride - padding);
        const right = Math.min(width, ox * stride - padding + kernel);
        for (let c = 0; c < channels; c++) out[at + c] = -Infinity;
        for (let y = top; y < bottom; y++) {
          const line = (n * height + y) * width;
          for (let from = (line + left) * channels; from < (line + right) * channels;) {
            for (let c = 0; c < channels; c++, from++) {
              const value = x[from]!;
              // NaN wins, as in PyTorch, and stays: nothing is greater than it.
              if (value > out[at + c]! || value !== value) out[at + c] = value;
            }
          }
        }
      }
    }
  }
}

/** dX = dOut added at the first maximum of each window, row by row. */
export function backwardX(
  { dOut, out, x, dX }: { dOut: FloatArray; out: FloatArray; x: FloatArray; dX: FloatArray },
  params: PoolParams,
): void {
  const { images, height, width, channels, outHeight, outWidth, kernel, stride, padding } = params;
  dX.fill(0);
  let at = 0;
  for (let n = 0; n < images; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const top = Math.max(0, oy * stride - padding);
      const bottom = Math.min(height, oy * stride - padding + kernel);
      for (let ox = 0; ox < outWidth; ox++) {
        const left = Math.max(0, ox * stride - padding);
        const right = Math.min(width, ox * stride - padding + kernel);
        for (let c = 0; c < channels; c++, at++) {
          const from = firstEqual(x, out[at]!, {
            first: ((n * height + top) * width + left) * channels + c,
            rows: bottom - top,
            columns: right - left,
            rowStride: width * channels,
            channels,
          });
          if (from >= 0) dX[from]! += dOut[at]!;
        }
      }
    }
  }
}

/** Index of the first element of a window of x that equals `value`; −1 where none does (NaN). */
function firstEqual(
  x: FloatArray,
  value: number,
  window: { first: number; rows: number; columns: number; rowStride: number; channels: number },
): number {
  const { first, rows, columns, rowStride, channels } = window;
  for (let row = 0, start = first; row < rows; row++, start += rowStride) {
    for (let column = 0, i = start; column < columns; column++, i += channels) {
      if (x[i] === value) return i;
    }
  }
  return -1;
}
