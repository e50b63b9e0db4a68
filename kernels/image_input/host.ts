/** Image preprocessing over typed arrays; layouts as in the WGSL files. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** What one image becomes, however it is resized. Sizes in pixels. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly outWidth: number;
  readonly outHeight: number;
  readonly index: number;
  readonly batchWidth: number;
  readonly batchHeight: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
  readonly bgr: boolean;
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** What Pillow's resize needs besides; strides and offsets in elements. */
export interface ImageParams extends Placement {
  /** Elements per row of the horizontal table, and of the vertical one, which begins at `vertical`. */
  readonly horizontalStride: number;
  readonly verticalStride: number;
  readonly vertical: number;
}

/** Half a unit of the weights, so that the shift rounds. */
const HALF = 1 << 21;

/** batch[index] = the source resized, flipped, normalized and padded with zeros. */
export function imageInput(
  { source, taps, rows, batch }: {
    source: Uint32Array;
    taps: Int32Array;
    rows: Uint32Array;
    batch: FloatArray;
  },
  params: ImageParams,
): void {
  // Words are little-endian on every machine that Deno runs on.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  horizontal({ bytes, taps, rows }, params);
  writeImage(batch, params, (line, y) => vertical({ rows, taps, line }, params, y));
}

/** rows[y, x] = row y resampled at column x, rounded to bytes. */
function horizontal(
  { bytes, taps, rows }: { bytes: Uint8Array; taps: Int32Array; rows: Uint32Array },
  { width, height, outWidth, horizontalStride: stride }: ImageParams,
): void {
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0, tap = 0; x < outWidth; x++, tap += stride, to++) {
      let r = HALF, g = HALF, b = HALF;
      let at = (y * width + taps[tap]!) * 3;
      const end = tap + 2 + taps[tap + 1]!;
      for (let k = tap + 2; k < end; k++, at += 3) {
        const weight = taps[k]!;
        r = (r + Math.imul(weight, bytes[at]!)) | 0;
        g = (g + Math.imul(weight, bytes[at + 1]!)) | 0;
        b = (b + Math.imul(weight, bytes[at + 2]!)) | 0;
      }
      rows[to] = clip(r) | (clip(g) << 8) | (clip(b) << 16);
    }
  }
}

/** line[x, ·] = the RGB bytes of row y after the vertical pass. */
function vertical(
  { rows, taps, line }: { rows: Uint32Array; taps: Int32Array; line: Float64Array },
  { outWidth, vertical: offset, verticalStride: stride }: ImageParams,
  y: number,
): void {
  const tap = offset + y * stride, first = taps[tap]! * outWidth, end = tap + 2 + taps[tap + 1]!;
  for (let x = 0; x < outWidth; x++) {
    let r = HALF, g = HALF, b = HALF;
    for (let k = tap + 2, at = first + x; k < end; k++, at += outWidth) {
      const weight = taps[k]!, word = rows[at]!;
      r = (r + Math.imul(weight, word & 255)) | 0;
      g = (g + Math.imul(weight, (word >> 8) & 255)) | 0;
      b = (b + Math.imul(weight, (word >> 16) & 255)) | 0;
    }
    line[x * 3] = clip(r);
    line[x * 3 + 1] = clip(g);
    line[x * 3 + 2] = clip(b);
  }
}

function clip(sum: number): number {
  const value = sum >> 22;
  return value > 255 ? 255 : value;
}

/**
 * Writes one image into the batch, zeros right of it and below. `makeLine` fills `line[x, ·]` with the RGB values of
 * row y of the resized image.
 */
export function writeImage(
  batch: FloatArray,
  placement: Placement,
  makeLine: (line: Float64Array, y: number) => void,
): void {
  const line = new Float64Array(placement.outWidth * 3);
  writeRows(batch, placement, (start, y) => {
    makeLine(line, y);
    writeRow({ line, batch }, start, placement);
  });
}

/** Writes zeros around one image of the batch, and has `write` put each row y of the resized image at batch[start]. */
export function writeRows(
  batch: FloatArray,
  { batchHeight, batchWidth, outHeight, outWidth, index, flipY }: Placement,
  write: (start: number, y: number) => void,
): void {
  for (let y = 0; y < batchHeight; y++) {
    const start = (index * batchHeight + y) * batchWidth * 3;
    const isInside = y < outHeight;
    if (isInside) write(start, flipY ? outHeight - 1 - y : y);
    batch.fill(0, isInside ? start + outWidth * 3 : start, start + batchWidth * 3);
  }
}

/** batch[start + x, ·] = (line − mean) / deviation in the wanted order of columns and channels. */
function writeRow(
  { line, batch }: { line: Float64Array; batch: FloatArray },
  start: number,
  { outWidth, flipX, bgr, mean, deviation }: Placement,
): void {
  for (let c = 0; c < 3; c++) {
    const channel = bgr ? 2 - c : c, offset = mean[c]!, scale = deviation[c]!;
    for (let x = 0; x < outWidth; x++) {
      const column = flipX ? outWidth - 1 - x : x;
      batch[start + x * 3 + c] = (line[column * 3 + channel]! - offset) / scale;
    }
  }
}
