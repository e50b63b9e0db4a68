/**
 * Convolution in two dimensions (a cross-correlation, as PyTorch's), with bias and ReLU fused in.
 *
 *     out[n, y, x, o] = ReLU?(bias[o] + Σ x[n, y·stride − padding + ky·dilation, …, c] · weight[ky, kx, c, o])
 *
 * x `[N, H, W, C]`, weight `[kh, kw, C / groups, O]`, bias `[O]`, out `[N, Ho, Wo, O]`; all f32. Zeros surround x.
 * Gradients: dX is a gather of dOut by the flipped kernel (gather/common.wgsl), dWeight a sum over pixels
 * (weight/common.wgsl), dBias the column sums of dOut. The ReLU's gradient is 0 at 0, as PyTorch's.
 *
 * `convolve.ts` has the kernels; `host.ts` chooses the CPU device's way, and `plan_gather.ts` and `plan_weight.ts` offer
 * WebGPU's. The ways lie in folders, of which each imports only those before it:
 * - `extents/`: what a convolution is, how it walks along an axis, and parts of maps that bindings hold;
 * - `host/`: the CPU device's ways, of which `winograd/` is one;
 * - `gather/`: WGSL of the forward pass and of the gradient of the input, and packing of weights for it;
 * - `weight/`: WGSL of the gradient of the weight;
 * - `straight/`: both in straight lines, for CPUs that emulate a GPU;
 * - `narrow/`: both for few channels, in straight lines too;
 * - `winograd/`: transforms of tiles around products that the others compute.
 * @module
 */
import type { Tensor } from "../../core/runtime/mod.ts";
import { convolve } from "./convolve.ts";
import { geometryOf, type Window } from "./extents/geometry.ts";

/** The window of {@link conv2d}, and whether a ReLU follows. */
export interface Conv2dOptions extends Window {
  /** Replaces negative results by 0. */
  readonly relu?: boolean;
}

/**
 * Convolves x with weight.
 * @param x f32 `[N, H, W, C]`; N may be 0
 * @param weight f32 `[kh, kw, C / groups, O]`
 * @param bias f32 `[O]`, or undefined for none
 * @returns f32 `[N, Ho, Wo, O]`, Ho = floor((H + 2·padding − dilation·(kh − 1) − 1) / stride) + 1
 * @throws RangeError where the shapes do not fit each other
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  options: Conv2dOptions = {},
): Tensor {
  const geometry = geometryOf(x.shape, weight.shape, options);
  const shape = [geometry.n, geometry.ho, geometry.wo, geometry.o];
  return convolve(x, weight, { geometry, shape, bias, relu: options.relu });
}
