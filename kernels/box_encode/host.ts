/** Box encoding over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Sizes, and the weights of dx, dy, dw, dh. */
export interface EncodeParams {
  readonly images: number;
  /** P. */
  readonly rows: number;
  /** Boxes from one image's first to the next one's; 0 where all images share them. */
  readonly imageStride: number;
  /** G. */
  readonly truths: number;
  readonly weights: readonly [number, number, number, number];
  /** Sides are x2 − x1 + offset. */
  readonly offset: number;
}

/** Numbers of a box in what {@link measure} returns. */
const MEASURES = 6;

/** targets[n][p] = encode(truths[n][max(matches[n][p], 0)], boxes[n][p]). */
export function encodeBoxes(
  { boxes, truths, matches, targets }: {
    boxes: FloatArray;
    truths: FloatArray;
    matches: Int32Array;
    targets: FloatArray;
  },
  { images, rows, imageStride, truths: perImage, weights, offset }: EncodeParams,
): void {
  const [weightX, weightY, weightW, weightH] = weights;
  const wanted = measure(truths, { first: 0, count: images * perImage, offset });
  let own = new Float64Array();
  for (let image = 0; image < images; image++) {
    if (image === 0 || imageStride > 0) {
      own = measure(boxes, { first: image * imageStride, count: rows, offset });
    }
    for (let row = 0, b = 0; row < rows; row++, b += MEASURES) {
      const out = image * rows + row, at = out * 4;
      const t = (image * perImage + Math.max(matches[out]!, 0)) * MEASURES;
      const width = own[b + 2]!, height = own[b + 3]!;
      if (width > 0 && height > 0 && wanted[t + 2]! > 0 && wanted[t + 3]! > 0) {
        targets[at] = weightX * (wanted[t]! - own[b]!) / width;
        targets[at + 1] = weightY * (wanted[t + 1]! - own[b + 1]!) / height;
        targets[at + 2] = weightW * (wanted[t + 4]! - own[b + 4]!);
        targets[at + 3] = weightH * (wanted[t + 5]! - own[b + 5]!);
      } else targets.fill(0, at, at + 4);
    }
  }
}

/**
 * Centre x and y, width, height and the logarithms of these two of each box: logarithms cost most, and a truth, or an
 * anchor that images share, is encoded many times.
 */
function measure(
  boxes: FloatArray,
  { first, count, offset }: { first: number; count: number; offset: number },
): Float64Array<ArrayBuffer> {
  const measures = new Float64Array(count * MEASURES);
  for (let i = 0, at = 0, from = first * 4; i < count; i++, at += MEASURES, from += 4) {
    const x1 = boxes[from]!, y1 = boxes[from + 1]!;
    const width = boxes[from + 2]! - x1 + offset, height = boxes[from + 3]! - y1 + offset;
    measures[at] = x1 + 0.5 * width;
    measures[at + 1] = y1 + 0.5 * height;
    measures[at + 2] = width;
    measures[at + 3] = height;
    measures[at + 4] = Math.log(width);
    measures[at + 5] = Math.log(height);
  }
  return measures;
}
