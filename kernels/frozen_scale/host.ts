/** A frozen batch norm's affine map, over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** scale = weight / √variance, shift = bias − mean · scale; all [C]. */
export function forward(
  { weight, bias, mean, variance, scale, shift }: Record<
    "weight" | "bias" | "mean" | "variance" | "scale" | "shift",
    FloatArray
  >,
  { channels }: { channels: number },
): void {
  for (let c = 0; c < channels; c++) {
    const factor = weight[c]! / Math.sqrt(variance[c]!);
    scale[c] = factor;
    shift[c] = bias[c]! - mean[c]! * factor;
  }
}
