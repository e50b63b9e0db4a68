/**
 * The k-th largest or smallest number of a batch, on the device: K_I and K_E, from which Dynamic R-CNN sets its
 * IoU threshold and β (paper §4; the original's models/…/dynamic_rcnn_r50_fpn_1x/network.py). No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  type FloatArray,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { numberOfKey } from "../_shared/order_key.ts";
import orderKeySource from "../_shared/order_key.wgsl" with { type: "text" };
import { cutKeys, segmentTable } from "../_shared/selection/mod.ts";
import { orderKeys } from "../_shared/selection/order_keys.ts";
import decodeSource from "./decode.wgsl" with { type: "text" };

const shader = { source: orderKeySource + decodeSource };

const kernel = defineKernel({
  name: "kth_value",
  signature: { cuts: "u32", out: "f32" },
  host: decode,
  wgsl: (uniforms: { ascending: number }): Dispatch[] => [{ shader, uniforms, grid: [1, 1, 1] }],
});

/** out[0] = the number that the cut ends at, 0 where it takes nothing. */
function decode(
  { cuts, out }: { cuts: Uint32Array; out: FloatArray },
  { ascending }: { ascending: number },
): void {
  out[0] = cuts[2]! > 0 ? numberOfKey(cuts[0]!, ascending === 1) : 0;
}

/**
 * The k-th largest or smallest of the valid values of all images together.
 * @param inputs.values f32 [N, P]; compared, and returned, as float32; NaN counts as the worst
 * @param inputs.counts i32 [N]: the first counts[n] values of image n are valid
 * @param options.k 1 is the best; the last there is where fewer are valid
 * @param options.largest true: the largest are the best; false: the smallest
 * @returns f32 [1]; 0 where no value is valid
 * @throws RangeError where k is below 1
 */
export function kthValue(
  { values, counts }: { readonly values: Tensor; readonly counts: Tensor },
  { k, largest }: { readonly k: number; readonly largest: boolean },
): Tensor {
  if (!(k >= 1)) throw new RangeError(`Cannot take the ${k}-th value: k must be at least 1`);
  return scope(() => {
    const { device, size } = values;
    const keys = orderKeys(values, { counts, ascending: !largest }).view([1, size]);
    const cuts = cutKeys(keys, segmentTable(device, [{ start: 0, size, k }]));
    const out = empty(device, [1]);
    launch(kernel, { cuts, out }, { ascending: largest ? 0 : 1 });
    return out;
  });
}
