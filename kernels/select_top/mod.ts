/**
 * Marks the best of the marked: which proposals go on after NMS. In training the original takes the best of the whole
 * batch together, in testing of each image (dynamic_rcnn/det_opr/rpn/proposal_opr.py). No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { cutKeys, segmentTable } from "../_shared/selection/mod.ts";
import { orderKeys } from "../_shared/selection/order_keys.ts";
import * as host from "./host.ts";
import source from "./select_mask.wgsl" with { type: "text" };

const shader = { source };

const kernel = defineKernel({
  name: "select_mask",
  signature: { keys: "u32", cuts: "u32", out: "i32" },
  host: host.selectMask,
  wgsl: ({ size, length }: { size: number; length: number }): Dispatch[] => {
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader, uniforms: { size, length, row: rowLength }, grid }];
  },
});

/**
 * The best `count` of the marked entries.
 * @param inputs.scores f32 [N, K]; NaN is worst
 * @param inputs.mask i32 [N, K]: entries where it is 0 are not chosen
 * @param options.count how many at most; all that are marked where they are fewer
 * @param options.perImage true: of each image; false: of the batch together
 * @returns i32 [N, K]: 1 where chosen, else 0; ties go to the lower index, of the lower image first
 */
export function selectTop(
  { scores, mask }: { readonly scores: Tensor; readonly mask: Tensor },
  { count, perImage }: { readonly count: number; readonly perImage: boolean },
): Tensor {
  return scope(() => {
    const { device, size } = scores;
    const length = perImage ? scores.shape[1]! : size;
    const keys = orderKeys(scores, { mask }).view([perImage ? scores.shape[0]! : 1, length]);
    const cuts = cutKeys(keys, segmentTable(device, [{ start: 0, size: length, k: count }]));
    const out = empty(device, scores.shape, "i32");
    launch(kernel, { keys, cuts, out }, { size, length });
    return out;
  });
}
