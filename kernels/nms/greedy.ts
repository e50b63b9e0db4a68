/** Greedy NMS of what was read back. */
import { nmsHost, roundUp } from "./host.ts";

/**
 * NMS of any number of boxes on the host, which decides as the devices do.
 * @param boxes [K, 4] (x1, y1, x2, y2) in pixels, in descending order of score
 * @param options.threshold IoU in [0, 1]: a box goes where it overlaps a kept one by strictly more
 * @param options.offset sides are x2 − x1 + offset: 1, as in the original, where absent
 * @returns [K]: 1 for survivors, else 0
 */
export function greedyNms(
  boxes: Float32Array,
  { threshold, offset = 1 }: { readonly threshold: number; readonly offset?: number },
): Int32Array {
  const length = boxes.length / 4, mask = new Int32Array(length);
  const table = Uint32Array.of(0, length, length, 0); // one segment: start, size, kept at most
  const extent = { images: 1, segments: 1, length, longest: length, words: 0, imagesAtOnce: 1 };
  const criteria = { threshold: roundUp(threshold), offset, useValid: 0, validFrom: 0 };
  nmsHost({ boxes, valid: mask, table, mask }, { ...extent, ...criteria });
  return mask;
}
