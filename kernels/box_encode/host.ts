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
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row++) {
      const out = image * rows + row;
      const b = (image * imageStride + row) * 4;
      const t = (image * perImage + Math.max(matches[out]!, 0)) * 4;
      const width = boxes[b + 2]! - boxes[b]! + offset;
      const height = boxes[b + 3]! - boxes[b + 1]! + offset;
      const truthWidth = truths[t + 2]! - truths[t]! + offset;
      const truthHeight = truths[t + 3]! - truths[t + 1]! + offset;
      if (!(Math.min(width, height, truthWidth, truthHeight) > 0)) {
        targets.fill(0, out * 4, out * 4 + 4);
        continue;
      }
      const shiftX = truths[t]! + 0.5 * truthWidth - (boxes[b]! + 0.5 * width);
      const shiftY = truths[t + 1]! + 0.5 * truthHeight - (boxes[b + 1]! + 0.5 * height);
      targets[out * 4] = weightX * shiftX / width;
      targets[out * 4 + 1] = weightY * shiftY / height;
      targets[out * 4 + 2] = weightW * Math.log(truthWidth / width);
      targets[out * 4 + 3] = weightH * Math.log(truthHeight / height);
    }
  }
}
