/**
 * Top-k: the best scores of each segment of each image, as the RPN takes the best anchors of each pyramid level
 * before NMS (the original's dynamic_rcnn/det_opr/rpn/proposal_opr.py). Segments are static, so is the output.
 * Scores are compared as float32 bits, so raw logits and sigmoids both do; −0 equals 0. No gradient.
 * @module
 */
import { scope, type Tensor } from "../../core/runtime/mod.ts";
import { bestOf, segmentTable, type Stretch } from "../_shared/selection/mod.ts";
import { orderKeys } from "../_shared/selection/order_keys.ts";

export type { Stretch } from "../_shared/selection/mod.ts";

/**
 * The indices of each segment's k best scores, best first.
 * @param scores f32 [N, R]
 * @param segments stretches of [0, R), such as the pyramid levels; k ≤ size
 * @returns i32 [N, Σk]: indices in [0, R), segment after segment; score descending, ties by the lower index, NaN last
 * @throws RangeError where a segment is not within the scores or k is above its size
 */
export function topK(scores: Tensor, segments: readonly Stretch[]): Tensor {
  if (scores.shape.length !== 2) {
    throw new RangeError(
      `Cannot take top-k of scores of shape [${scores.shape}]: it must be [N, R]`,
    );
  }
  for (const { start, size, k } of segments) {
    if (start < 0 || k < 0 || k > size || start + size > scores.shape[1]!) {
      throw new RangeError(
        `Cannot take the top ${k} of ${size} scores from ${start} on, as there are ${
          scores.shape[1]
        } of an image`,
      );
    }
  }
  return scope(() => bestOf(orderKeys(scores), segmentTable(scores.device, segments)).indices);
}
