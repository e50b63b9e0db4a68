/**
 * Non-maximum suppression: of boxes in score order, each is kept unless one kept before it has an IoU with it strictly
 * above the threshold (the original's dynamic_rcnn/kernels/cuda/nms.cu).
 * IoU > t is decided as intersection > t · union in float32, the same on all devices. No gradient.
 * @module
 */
import type { Tensor } from "../../core/runtime/mod.ts";
import { MAX_BOXES, type NmsSegment, suppress } from "./suppress.ts";

export { greedyNms } from "./greedy.ts";
export type { NmsSegment } from "./suppress.ts";

/**
 * Greedy NMS within each segment of each image.
 * @param inputs.boxes f32 [N, K, 4] (x1, y1, x2, y2) in pixels, each segment's in descending order of score
 * @param inputs.valid i32 [N, K]: boxes where it is 0 neither survive nor suppress; all are valid where absent
 * @param options.segments stretches that follow one another and cover [0, K), such as the pyramid levels
 * @param options.threshold IoU in [0, 1]
 * @param options.offset sides are x2 − x1 + offset: 1, as in the original, where absent
 * @returns i32 [N, K]: 1 for each segment's first `keep` survivors, else 0
 * @throws RangeError where segments do not cover the boxes, or one has more than 16384
 */
export function nms(
  inputs: { readonly boxes: Tensor; readonly valid?: Tensor },
  options: {
    readonly segments: readonly NmsSegment[];
    readonly threshold: number;
    readonly offset?: number;
  },
): Tensor {
  let end = 0;
  for (const { start, size } of options.segments) {
    if (start !== end || size < 0 || size > MAX_BOXES) {
      throw new RangeError(
        `Cannot suppress in a segment of ${size} boxes from ${start} on: it must start at ${end} and have at most ${MAX_BOXES}`,
      );
    }
    end += size;
  }
  if (inputs.boxes.shape.length !== 3 || inputs.boxes.shape[1] !== end) {
    throw new RangeError(
      `Cannot suppress boxes of shape [${inputs.boxes.shape}] as their segments have ${end} boxes an image`,
    );
  }
  return suppress(inputs, { ...options, offset: options.offset ?? 1, validFrom: 1 });
}
