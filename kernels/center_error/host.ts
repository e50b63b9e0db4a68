/** Centre error over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** out = (|dx| + |dy|) / 2 of each row (dx, dy, dw, dh). */
export function forward(
  { targets, out }: { targets: FloatArray; out: FloatArray },
  { count }: { count: number },
): void {
  for (let i = 0; i < count; i++) {
    out[i] = (Math.abs(targets[i * 4]!) + Math.abs(targets[i * 4 + 1]!)) * 0.5;
  }
}
