/**
 * Matrix product with bias and ReLU fused in: `out = ReLU?(x · weight + bias)`. It runs on the kernels of conv2d,
 * as the convolution of a map of M × 1 pixels with a 1×1 kernel.
 * @module
 */
import { formatShape, type Tensor } from "../../core/runtime/mod.ts";
import { convolve } from "../conv2d/convolve.ts";
import { matrixGeometry } from "../conv2d/extents/geometry.ts";

/**
 * Multiplies the rows of x by weight.
 * @param x f32 `[M, I]`; M may be 0
 * @param weight f32 `[I, O]`
 * @param bias f32 `[O]`, or undefined for none
 * @param options `relu`: replaces negative results by 0
 * @returns f32 `[M, O]`
 * @throws RangeError where the shapes do not fit each other
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: { readonly relu?: boolean } = {},
): Tensor {
  const [m, i] = x.shape, [inputs, o] = weight.shape;
  if (
    x.shape.length !== 2 || weight.shape.length !== 2 || i !== inputs || m === undefined ||
    i === undefined || o === undefined
  ) {
    throw new RangeError(
      `Cannot multiply as x must be [M, I] and the weight [I, O]: they are ${
        formatShape(x.shape)
      } and ${formatShape(weight.shape)}`,
    );
  }
  const geometry = matrixGeometry(m, i, o);
  return convolve(x, weight, { geometry, shape: [m, o], bias, relu: options.relu });
}
