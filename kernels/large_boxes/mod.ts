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
  wgsl: ({ count, minSize }: { count: number; minSize: number }) => [
    { shader, uniforms: { count, minSize }, grid: [Math.ceil(count / 64), 1, 1] },
  ],
});

/**
 * @param boxes f32 `[N, K, 4]`, xyxy, widths inclusive
 * @param minSize pixels
 * @returns i32 `[N, K]`: 1 where width and height are at least `minSize`
 */
export function largeBoxes(boxes: Tensor, minSize: number): Tensor {
  const out = empty(boxes.device, boxes.shape.slice(0, 2), "i32");
  launch(kernel, { boxes, out }, { count: out.size, minSize });
  return out;
}
