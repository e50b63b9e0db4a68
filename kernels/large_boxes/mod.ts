/**
 * Marks proposals that are large enough (`remove_small_boxes` of the original). Not differentiable.
 * @module
 */
import { defineKernel, empty, launch, type Tensor } from "../../core/runtime/mod.ts";
import source from "./forward.wgsl" with { type: "text" };
import { forward } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "large_boxes",
  signature: { boxes: "f32", out: "i32" },
  host: forward,
  wgsl: (params: { count: number; minSize: number; offset: number }) => [
    { shader, uniforms: params, grid: [Math.ceil(params.count / 64), 1, 1] },
  ],
});

/**
 * @param boxes f32 `[N, K, 4]`, xyxy
 * @param options.minSize pixels
 * @param options.offset sides are x2 − x1 + offset: 1, as in the original, where absent
 * @returns i32 `[N, K]`: 1 where width and height are at least `minSize`
 */
export function largeBoxes(
  boxes: Tensor,
  { minSize, offset = 1 }: { readonly minSize: number; readonly offset?: number },
): Tensor {
  const out = empty(boxes.device, boxes.shape.slice(0, 2), "i32");
  launch(kernel, { boxes, out }, { count: out.size, minSize, offset });
  return out;
}
