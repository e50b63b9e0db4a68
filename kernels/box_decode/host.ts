/** Box decoding over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** dw and dh are capped here: a box grows at most 62.5 times. */
export const LARGEST_LOG = Math.log(1000 / 16);

/** Sizes and switches; see decode.wgsl. */
export interface DecodeParams {
  readonly images: number;
  readonly rows: number;
  readonly imageStride: number;
  readonly picked: number;
  readonly classes: number;
  readonly columns: number;
  readonly indexed: boolean;
  readonly agnostic: boolean;
  readonly clip: boolean;
  readonly weights: readonly [number, number, number, number];
  /** dw and dh below this count as this. */
  readonly smallestLog: number;
  /** Sides are x2 − x1 + offset. */
  readonly offset: number;
}

interface DecodeArrays {
  readonly boxes: FloatArray;
  readonly deltas: FloatArray;
  readonly indices: Int32Array;
  readonly imageSizes: FloatArray;
  readonly decoded: FloatArray;
}

/** decoded[n][k][c] = boxes[n][p] moved by deltas[n][p][c], p = k or indices[n][k]; zeros where p < 0. */
export function decodeBoxes(arrays: DecodeArrays, params: DecodeParams): void {
  const { indices, decoded } = arrays;
  const { images, rows, imageStride, picked, classes, columns, agnostic } = params;
  for (let image = 0; image < images; image++) {
    for (let k = 0; k < picked; k++) {
      const source = params.indexed ? indices[image * picked + k]! : k;
      const first = (image * picked + k) * classes;
      if (source < 0) {
        decoded.fill(0, first * 4, (first + classes) * 4);
        continue;
      }
      for (let c = 0; c < classes; c++) {
        const column = agnostic ? columns - 4 : 4 * c;
        decodeOne(arrays, params, {
          box: (image * imageStride + source) * 4,
          delta: (image * rows + source) * columns + column,
          out: (first + c) * 4,
        });
      }
      if (params.clip) {
        clip(arrays, image, { from: first * 4, to: (first + classes) * 4, offset: params.offset });
      }
    }
  }
}

function decodeOne(
  { boxes, deltas, decoded }: DecodeArrays,
  { weights, smallestLog, offset }: DecodeParams,
  { box, delta, out }: { box: number; delta: number; out: number },
): void {
  for (let axis = 0; axis < 2; axis++) {
    const start = boxes[box + axis]!;
    const size = boxes[box + 2 + axis]! - start + offset;
    const center = deltas[delta + axis]! / weights[axis]! * size + (start + 0.5 * size);
    const given = deltas[delta + 2 + axis]! / weights[2 + axis]!;
    const grow = Math.min(Math.max(given, smallestLog), LARGEST_LOG);
    const half = 0.5 * Math.exp(grow) * size;
    decoded[out + axis] = center - half;
    // The asymmetry is right: with inclusive corners, the last pixel of a box of this size.
    decoded[out + 2 + axis] = center + half - offset;
  }
}

function clip(
  { imageSizes, decoded }: DecodeArrays,
  image: number,
  { from, to, offset }: { from: number; to: number; offset: number },
): void {
  for (let i = from; i < to; i++) {
    const last = imageSizes[image * 2 + (i & 1)]! - offset;
    decoded[i] = Math.min(Math.max(decoded[i]!, 0), last);
  }
}
