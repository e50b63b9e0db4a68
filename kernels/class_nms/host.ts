/** Class-wise NMS's own steps over typed arrays; the contracts are in class_keys.wgsl and keep.wgsl. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import { NO_KEY, orderKey } from "../_shared/order_key.ts";
import { floatBits } from "../_shared/selection/order_keys.ts";

/** Sizes of [N, P, C]. */
export interface ClassParams {
  readonly images: number;
  readonly proposals: number;
  readonly classes: number;
}

/** keys = order keys by class, 0 where no candidate; keep = 0. */
export function classKeys(
  { scores, counts, keys, keep }: {
    scores: FloatArray;
    counts: Int32Array;
    keys: Uint32Array;
    keep: Int32Array;
  },
  { images, proposals, classes, scoreKey }: ClassParams & { scoreKey: number },
): void {
  const bits = floatBits(scores);
  keep.fill(0, 0, images * proposals * classes);
  for (let image = 0, at = 0; image < images; image++) {
    const valid = counts[image]!;
    const first = image * (classes - 1) * proposals;
    for (let p = 0; p < proposals; p++) {
      at++; // Past the background class.
      for (let c = 0; c < classes - 1; c++, at++) {
        const key = orderKey(bits[at]!, false);
        keys[first + c * proposals + p] = key > scoreKey && p < valid ? key : NO_KEY;
      }
    }
  }
}

/** keep[n, p, c] = 1 where NMS kept class c of proposal p. */
export function writeKeep(
  { sorted, mask, keep }: { sorted: Int32Array; mask: Int32Array; keep: Int32Array },
  { images, proposals, classes }: ClassParams,
): void {
  for (let list = 0; list < images * (classes - 1); list++) {
    const image = Math.floor(list / (classes - 1));
    const c = list % (classes - 1) + 1;
    for (let i = list * proposals; i < (list + 1) * proposals; i++) {
      if (mask[i] === 0) continue;
      keep[(image * proposals + sorted[i]!) * classes + c] = 1;
    }
  }
}
