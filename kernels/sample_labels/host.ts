/** Sampling keys over typed arrays; the contract is in keys.wgsl. */
import { hashAt, hashPrefix } from "../_shared/hash.ts";

/** Keys of positives are at least this; of negatives, from 1 to below. */
export const POSITIVE = 0x80000000;

/** {@link labelKeys} parameters; seed, iteration and stream are u32. */
export interface KeyParams {
  readonly size: number;
  readonly length: number;
  readonly seed: number;
  readonly iteration: number;
  readonly stream: number;
  /** 1: by hash; 0: by index. */
  readonly random: number;
  /** 1: by `names`; 0: by index. */
  readonly named: number;
}

/** keys = the order in which labels are drawn, the highest first; 0 for labels below 0. */
export function labelKeys(
  { labels, names, keys }: { labels: Int32Array; names: Int32Array; keys: Uint32Array },
  { size, length, random, named, ...key }: KeyParams,
): void {
  for (let at = 0, image = 0; at < size; image++) {
    const prefix = hashPrefix({ ...key, image });
    for (let p = 0; p < length; p++, at++) {
      const label = labels[at]!;
      const name = named === 1 ? names[at]! >>> 0 : p;
      const order = random === 1 && label >= 0 ? (~hashAt(prefix, name)) >>> 2 : 0;
      keys[at] = label < 0 ? 0 : order + (label > 0 ? POSITIVE : 1);
    }
  }
}
