/** Max pooling over typed arrays, NHWC; shapes as in mod.ts. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

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

const takeMaximum = vectorLoop({
  streams: ["best", "x"],
  outputs: ({ best, x }) => ({ best: lanes.maximum(best, x) }),
});

/** out = maximum over each window. */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  params: PoolParams,
): void {
  const { channels, width } = params, arrays = { x, out };
  if (suitsVectors(arrays, { size: width * channels })) return forwardByRows(arrays, params);
  const best = new Int32Array(channels), windows = windowCount(params);
  for (let window = 0; window < windows; window++) {
    firstMaxima(x, best, params, window);
    for (let c = 0; c < channels; c++) out[window * channels + c] = x[best[c]!]!;
  }
}

/** Maxima over the rows of a window first, then over its columns, for all columns of a row at once. */
function forwardByRows(
  { x, out }: { x: Float32Array; out: Float32Array },
  params: PoolParams,
): void {
  const { images, height, width, channels, outHeight, outWidth, kernel, stride, padding } = params;
  const length = width * channels, best = new Float32Array(length);
  for (let line = 0; line < images * outHeight; line++) {
    const image = Math.floor(line / outHeight), start = (line % outHeight) * stride - padding;
    const first = (image * height + Math.max(0, start)) * length;
    const end = (image * height + Math.min(height, start + kernel)) * length;
    best.set(x.subarray(first, first + length));
    for (let row = first + length; row < end; row += length) {
      takeMaximum({ best, x: x.subarray(row, row + length) }, { end: length });
    }
    // Windows that padding cuts on the left, before each column becomes the maximum of those from it on.
    const cut = Math.min(outWidth, Math.ceil(padding / stride));
    for (let column = 0; column < cut; column++) {
      const columns = Math.min(width, column * stride - padding + kernel);
      takeColumns(best, out, { columns, channels, to: (line * outWidth + column) * channels });
    }
    for (let i = 1; i < kernel && i < width; i++) {
      takeMaximum({ best, x: best.subarray(channels) }, { end: length - channels });
    }
    for (let column = cut; column < outWidth; column++) {
      const from = (column * stride - padding) * channels;
      const to = (line * outWidth + column) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = best[from + c]!;
    }
  }
}

/** out[to + c] = the maximum of channel c over the first columns of a row. */
function takeColumns(
  row: Float32Array,
  out: Float32Array,
  { columns, channels, to }: { columns: number; channels: number; to: number },
): void {
  for (let c = 0; c < channels; c++) {
    let best = row[c]!;
    for (let i = 1; i < columns; i++) best = Math.max(best, row[i * channels + c]!);
    out[to + c] = best;
  }
}

/** dX = dOut added at the first maximum of each window, row by row. */
export function backwardX(
  { dOut, x, dX }: { dOut: FloatArray; x: FloatArray; dX: FloatArray },
  params: PoolParams,
): void {
  const { channels } = params;
  const best = new Int32Array(channels), windows = windowCount(params);
  dX.fill(0);
  for (let window = 0; window < windows; window++) {
    firstMaxima(x, best, params, window);
    for (let c = 0; c < channels; c++) dX[best[c]!]! += dOut[window * channels + c]!;
  }
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
