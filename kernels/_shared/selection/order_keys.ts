/** Keys of numbers, for selection. */
import {
  defineKernel,
  type Dispatch,
  empty,
  type FloatArray,
  gridFor,
  launch,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import { NO_KEY, orderKey } from "../order_key.ts";
import orderKeySource from "../order_key.wgsl" with { type: "text" };
import source from "./order_keys.wgsl" with { type: "text" };

interface OrderParams {
  readonly size: number;
  readonly length: number;
  readonly ascending: number;
  /** 1: 0 is masked out; 2: 0 and below are. */
  readonly useMask: number;
  readonly useCounts: number;
}

const shader = { source: orderKeySource + source };

const kernel = defineKernel({
  name: "order_keys",
  signature: { values: "f32", mask: "i32", counts: "i32", keys: "u32" },
  host: orderKeysHost,
  wgsl: (params: OrderParams): Dispatch[] => {
    const { grid, rowLength } = gridFor(params.size, 64);
    return [{ shader, uniforms: { ...params, row: rowLength }, grid }];
  },
});

/** The bits of `values` as float32: what the GPU sees, also where the reference holds more of them. */
export function floatBits(values: FloatArray): Uint32Array {
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}

/** keys = order keys of values, 0 where masked out or past the count. */
export function orderKeysHost(
  { values, mask, counts, keys }: {
    values: FloatArray;
    mask: Int32Array;
    counts: Int32Array;
    keys: Uint32Array;
  },
  { size, length, ascending, useMask, useCounts }: OrderParams,
): void {
  const bits = floatBits(values);
  for (let i = 0, p = 0, image = 0; i < size; i++, p++) {
    if (p === length) {
      p = 0;
      image++;
    }
    const isMasked = useMask > 0 && (mask[i] === 0 || (useMask === 2 && mask[i]! < 0));
    const isOut = isMasked || (useCounts === 1 && p >= counts[image]!);
    keys[i] = isOut ? NO_KEY : orderKey(bits[i]!, ascending === 1);
  }
}

/**
 * The key of each number of `values` f32 [N, L]: u32 [N, L], larger for the better, at least 1.
 * @param options.mask i32 [N, L]; entries where it is 0 get key 0
 * @param options.labels i32 [N, L]; entries where it is 0 or below get key 0; in place of a mask
 * @param options.counts i32 [N]; entries of image n from counts[n] on get key 0
 * @param options.ascending true where smaller numbers are better; NaN is the worst either way
 */
export function orderKeys(
  values: Tensor,
  options: { mask?: Tensor; labels?: Tensor; counts?: Tensor; ascending?: boolean } = {},
): Tensor {
  const { mask, labels, counts, ascending = false } = options;
  const keys = empty(values.device, values.shape, "u32");
  const unused = values.view(values.shape, "i32");
  launch(kernel, { values, mask: labels ?? mask ?? unused, counts: counts ?? unused, keys }, {
    size: values.size,
    length: values.shape[1]!,
    ascending: ascending ? 1 : 0,
    useMask: labels ? 2 : mask ? 1 : 0,
    useCounts: counts ? 1 : 0,
  });
  return keys;
}
