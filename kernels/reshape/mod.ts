/**
 * Reshape: the same memory under another shape. Nothing is computed or copied, so there is no kernel.
 * @module
 */
import { differentiable, type Shape, type Tensor } from "../../core/runtime/mod.ts";

/**
 * `x` as `shape`, row-major; the gradient is reshaped back.
 * @param x of any shape and dtype (only f32 has gradients)
 * @returns a view of x's memory
 * @throws RangeError where the sizes differ
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const out = x.view(shape);
  differentiable({
    inputs: [x],
    outputs: [out],
    saved: [],
    backward: ([dOut]) => [dOut!.view(x.shape)],
  });
  return out;
}
