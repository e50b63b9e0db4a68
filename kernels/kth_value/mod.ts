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

interface DecodeParams {
  readonly ascending: number;
  readonly rows: number;
}

const kernel = defineKernel({
  name: "kth_value",
  signature: { cuts: "u32", out: "f32" },
  host: decode,
  wgsl: (params: DecodeParams): Dispatch[] => [
    { shader, uniforms: { ...params }, grid: [1, 1, 1] },
  ],
});

/** out[0] = the mean of the numbers that the rows' cuts end at, 0 where all take nothing. */
function decode(
  { cuts, out }: { cuts: Uint32Array; out: FloatArray },
  { ascending, rows }: DecodeParams,
): void {
  let sum = -0, found = 0; // −0 is what leaves every number as it is, −0 too
  for (let row = 0; row < rows; row++) {
    if (cuts[row * 4 + 2] === 0) continue;
    sum += numberOfKey(cuts[row * 4]!, ascending === 1);
    found++;
  }
  out[0] = found > 0 ? sum / found : 0;
}

/**
 * The k-th largest or smallest of the valid values of all images together, or the mean of each image's.
 * @param inputs.values f32 [N, P]; compared, and returned, as float32; NaN counts as the worst
 * @param inputs.counts i32 [N]: the first counts[n] values of image n are valid; all where absent
 * @param inputs.labels i32 [N, P]: values are valid where it is above 0; all where absent
 * @param options.k 1 is the best; the last there is where fewer are valid
 * @param options.largest true: the largest are the best; false: the smallest
 * @param options.perImage true: of each image; those without a valid value do not count in the mean
 * @returns f32 [1]; 0 where no value is valid
 * @throws RangeError where k is below 1
 */
export function kthValue(
  { values, counts, labels }: {
    readonly values: Tensor;
    readonly counts?: Tensor;
    readonly labels?: Tensor;
  },
  { k, largest, perImage = false }: {
    readonly k: number;
    readonly largest: boolean;
    readonly perImage?: boolean;
  },
): Tensor {
  if (!(k >= 1)) throw new RangeError(`Cannot take the ${k}-th value: k must be at least 1`);
  return scope(() => {
    const { device, size } = values;
    const rows = perImage ? values.shape[0]! : 1, length = size / Math.max(1, rows);
    const keys = orderKeys(values, { counts, labels, ascending: !largest }).view([rows, length]);
    const cuts = cutKeys(keys, segmentTable(device, [{ start: 0, size: length, k }]));
    const out = empty(device, [1]);
    launch(kernel, { cuts, out }, { ascending: largest ? 0 : 1, rows });
    return out;
  });
}
