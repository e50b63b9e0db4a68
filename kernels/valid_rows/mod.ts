/**
 * Marks which rows of a tensor with room for `rows` an image hold something. Not differentiable.
 * @module
 */
import { defineKernel, empty, launch, type Tensor } from "../../core/runtime/mod.ts";
import source from "./forward.wgsl" with { type: "text" };
import { forward } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "valid_rows",
  signature: { counts: "i32", out: "i32" },
  host: forward,
  wgsl: ({ images, rows }: { images: number; rows: number }) => [
    { shader, uniforms: { images, rows }, grid: [Math.ceil(images * rows / 64), 1, 1] },
  ],
});

/**
 * @param counts i32 `[N]`: rows in use of each image
 * @returns i32 `[N, rows]`: 0 where the row is in use, −1 (the label of padding) where not
 */
export function validRows(counts: Tensor, rows: number): Tensor {
  const out = empty(counts.device, [counts.size, rows], "i32");
  launch(kernel, { counts, out }, { images: counts.size, rows });
  return out;
}
