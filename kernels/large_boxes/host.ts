/** Marks boxes that are large enough, over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** out[i] = 1 where both sides of boxes[i] are at least minSize (x2 − x1 + offset), else 0. */
export function forward(
  { boxes, out }: { boxes: FloatArray; out: Int32Array },
  { count, minSize, offset }: { count: number; minSize: number; offset: number },
): void {
  for (let i = 0; i < count; i++) {
    const width = boxes[i * 4 + 2]! - boxes[i * 4]! + offset;
    const height = boxes[i * 4 + 3]! - boxes[i * 4 + 1]! + offset;
    out[i] = Math.min(width, height) >= minSize ? 1 : 0;
  }
}
