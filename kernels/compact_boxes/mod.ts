/**
 * Brings selected boxes together: in index order, with the ground truth after them, for training; sorted by score for
 * testing (the original's dynamic_rcnn/det_opr/rpn/proposal_opr.py). Boxes f32 [.., 4] in any format. No gradient.
 * @module
 */
import { scope, type Tensor } from "../../core/runtime/mod.ts";
import { bestOf, compactKeys, segmentTable } from "../_shared/selection/mod.ts";
import { orderKeys } from "../_shared/selection/order_keys.ts";
import { type BoxRows, gatherBoxes, gatherNames, gatherScores } from "./gather.ts";

export type { BoxRows } from "./gather.ts";

/**
 * The marked boxes of each image in index order, then its truths, then zeros.
 * @param inputs.boxes f32 [N, K, 4]
 * @param inputs.mask i32 [N, K]: boxes where it is not 0 are taken
 * @param inputs.truths f32 [N, G, 4], of which image n has truthCounts[n]; both or neither
 * @param inputs.truthCounts i32 [N]
 * @param inputs.names i32 [N, K]: names of the boxes, whatever the caller means by them
 * @param options.capacity P ≥ 1: rows of the result. What does not fit is dropped, truths first: give marked + G
 * @returns boxes f32 [N, P, 4], counts i32 [N] and, with names, theirs i32 [N, P]: −1 − g for truth g, 0 past the count
 * @throws RangeError where the capacity is below 1; TypeError for truths without their counts
 */
export function compactBoxes(
  { boxes, mask, names, truths, truthCounts }: {
    readonly boxes: Tensor;
    readonly mask: Tensor;
    readonly names?: Tensor;
    readonly truths?: Tensor;
    readonly truthCounts?: Tensor;
  },
  { capacity }: { readonly capacity: number },
): BoxRows & { readonly names?: Tensor } {
  checkCapacity(capacity);
  const appended = pairedTruths(truths, truthCounts);
  return scope(() => {
    const [, length] = mask.shape as [number, number];
    const table = segmentTable(mask.device, [{ start: 0, size: length, k: capacity }]);
    const found = compactKeys(mask.view(mask.shape, "u32"), table, { which: "all" });
    const layout = oneRowPerImage(length);
    return {
      ...gatherBoxes(boxes, found, { capacity, layout, truths: appended }),
      names: names && gatherNames(names, found, { capacity, truths: appended }),
    };
  });
}

/**
 * The best `count` marked boxes of each image, best first (ties by the lower index, NaN last), then its truths, then
 * zeros.
 * @param inputs.scores f32 [N, K]
 * @param inputs.mask i32 [N, K]: boxes where it is 0 are not taken
 * @param inputs.boxes f32 [N, K, 4]
 * @param inputs.truths, inputs.truthCounts, inputs.names as of {@link compactBoxes}
 * @param options.count ≥ 1
 * @returns boxes f32 [N, count + G, 4], counts i32 [N], and with names theirs; scores f32 [N, count] of the marked
 * @throws RangeError where the count is below 1; TypeError for truths without their counts
 */
export function sortedTop(
  { scores, mask, boxes, names, truths, truthCounts }: {
    readonly scores: Tensor;
    readonly mask: Tensor;
    readonly boxes: Tensor;
    readonly names?: Tensor;
    readonly truths?: Tensor;
    readonly truthCounts?: Tensor;
  },
  { count }: { readonly count: number },
): BoxRows & { readonly scores: Tensor; readonly names?: Tensor } {
  checkCapacity(count);
  const appended = pairedTruths(truths, truthCounts);
  return scope(() => {
    const [, length] = scores.shape as [number, number];
    const table = segmentTable(scores.device, [{ start: 0, size: length, k: count }]);
    const best = bestOf(orderKeys(scores, { mask }), table);
    const capacity = count + (truths?.shape[1] ?? 0);
    const layout = oneRowPerImage(length);
    return {
      ...gatherBoxes(boxes, best, { capacity, layout, truths: appended }),
      scores: gatherScores(scores, best.indices),
      names: names && gatherNames(names, best, { capacity, truths: appended }),
    };
  });
}

function pairedTruths(boxes?: Tensor, counts?: Tensor) {
  if (!boxes !== !counts) {
    throw new TypeError("Cannot append truths as truths and truthCounts must be given together");
  }
  return boxes && counts ? { boxes, counts } : undefined;
}

function oneRowPerImage(length: number) {
  return { rowsPerImage: 1, imageStride: length, indexStride: 1, offset: 0 };
}

function checkCapacity(capacity: number): void {
  if (capacity < 1) {
    throw new RangeError(`Cannot make rows of ${capacity} boxes: there must be room for one`);
  }
}
