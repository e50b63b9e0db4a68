/**
 * Group normalization with optional residual sum and ReLU: `x̂ = (x − mean) / sqrt(variance + ε)` per image
 * and group of channels (biased variance), `out = relu?(gamma·x̂ + beta (+ residual))`.
 * Source: Wu & He, Group Normalization, eq. 1–7; torch.nn.GroupNorm.
 * @module
 */
import {
  ceilDiv,
  differentiable,
  empty,
  formatShape,
  launch,
  nhwc,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { affineBackwardKernel } from "../channel_affine/kernels.ts";
import type { GroupNormExtent } from "./host.ts";
import { backwardKernel, chunkLength, forwardKernel } from "./kernels.ts";
import { hasWholeBackward } from "./whole.ts";

/** What {@link groupNorm} takes besides x. */
export interface GroupNormOptions {
  /** f32 [C]. */
  readonly gamma: Tensor;
  /** f32 [C]. */
  readonly beta: Tensor;
  /** Number of groups; divides C. */
  readonly groups: number;
  /** Added to the variance; 1e-5 where absent, as PyTorch. */
  readonly epsilon?: number;
  /** f32 of x's shape, added before the ReLU. */
  readonly residual?: Tensor;
  /** False where absent. */
  readonly relu?: boolean;
}

/**
 * Group normalization; gradients for x, gamma, beta and residual. NaN stays NaN.
 * @param x f32 [N, H, W, C]
 * @returns f32 [N, H, W, C]
 * @throws RangeError where a shape does not fit x's, or `groups` does not divide C
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  const { gamma, beta, groups, epsilon = 1e-5, residual, relu = false } = options;
  const extent = extentOf(x, options);
  const { images, channels } = extent, { device } = x;
  const mean = empty(device, [images, groups]), rstd = empty(device, [images, groups]);
  const out = empty(device, x.shape);
  launch(forwardKernel, {
    ...{ x, gamma, beta, mean, rstd, out },
    residual: residual ?? x,
    partials: emptyPartials(x, extent),
    scale: empty(device, [images, channels]),
    shift: empty(device, [images, channels]),
  }, { ...extent, epsilon, relu, hasResidual: residual !== undefined });
  differentiable({
    inputs: residual ? [x, gamma, beta, residual] : [x, gamma, beta],
    outputs: [out],
    saved: [x, gamma, beta, mean, rstd, ...(relu ? [out] : [])],
    backward: ([dOut], needs) =>
      gradients({ dOut: dOut!, out, x, gamma, beta, mean, rstd }, {
        ...{ extent, relu, needs },
        hasResidual: residual !== undefined,
      }),
  });
  return out;
}

function gradients(
  tensors: Record<"dOut" | "out" | "x" | "gamma" | "beta" | "mean" | "rstd", Tensor>,
  options: {
    extent: GroupNormExtent;
    relu: boolean;
    hasResidual: boolean;
    needs: readonly boolean[];
  },
): (Tensor | undefined)[] {
  const { out, x, gamma } = tensors;
  const { extent, hasResidual, needs: [needsX = false, needsGamma, needsBeta, needsResidual] } =
    options;
  let { dOut } = tensors, { relu } = options;
  const { info } = x.device;
  // The residual's gradient is dOut behind the ReLU, which out alone tells.
  const masks = relu && needsX && hasResidual && info.kind === "webgpu" &&
    hasWholeBackward(extent, info);
  if (relu && needsResidual && !masks) {
    // The residual's gradient is dOut behind the ReLU: what the rest needs too.
    const masked = empty(x.device, x.shape);
    const params = { size: x.size, channels: extent.channels, relu, scaled: false };
    launch(affineBackwardKernel, { dOut, out, scale: gamma, dX: masked }, params);
    [dOut, relu] = [masked, false];
  }
  const masked = empty(x.device, masks ? x.shape : [0]);
  const dResidual = needsResidual ? masks ? masked : dOut : undefined;
  if (!needsX && !needsGamma && !needsBeta) return [undefined, undefined, undefined, dResidual];
  const dX = empty(x.device, needsX ? x.shape : [0]);
  const dGamma = empty(x.device, gamma.shape), dBeta = empty(x.device, gamma.shape);
  launch(backwardKernel, {
    ...tensors,
    dOut,
    out: relu ? out : dOut,
    partials: emptyPartials(x, extent),
    coefficients: empty(x.device, [extent.images, extent.channels, 4]),
    ...{ dX, dResidual: masked, dGamma, dBeta },
  }, { ...extent, relu, needsX, masks });
  return [needsX ? dX : undefined, dGamma, dBeta, dResidual];
}

function emptyPartials(x: Tensor, { images, pixels, channels }: GroupNormExtent): Tensor {
  return empty(x.device, [images, ceilDiv(pixels, chunkLength(pixels)), channels, 2]);
}

function extentOf(x: Tensor, options: GroupNormOptions): GroupNormExtent {
  const { gamma, beta, groups, residual } = options;
  const [images, height, width, channels] = nhwc(x.shape, "x");
  expectShape(gamma, [channels], "gamma");
  expectShape(beta, [channels], "beta");
  if (residual) expectShape(residual, x.shape, "residual");
  if (!(groups > 0) || channels % groups !== 0) {
    throw new RangeError(
      `Cannot normalize ${
        formatShape(x.shape)
      } in ${groups} groups as they must divide the channels`,
    );
  }
  return { images, pixels: height * width, channels, groups };
}
