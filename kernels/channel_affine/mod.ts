/**
 * Per-channel affine with optional residual sum and ReLU in one pass: frozen batch normalization
 * (`scale = weight / sqrt(variance)`, `shift = bias − mean · scale`; FrozenBatchNorm2d in utils/misc.py of the original)
 * and the end of a residual block.
 * @module
 */
import { differentiable, empty, launch, nhwc, type Tensor } from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { affineBackwardBothKernel, affineBackwardKernel, affineKernel } from "./kernels.ts";

/** What {@link channelAffine} takes besides x. */
export interface ChannelAffineOptions {
  /** f32 [C]; no gradient. */
  readonly scale: Tensor;
  /** f32 [C]; no gradient. */
  readonly shift: Tensor;
  /** f32 of x's shape, added before the ReLU. */
  readonly residual?: Tensor;
  /** False where absent. */
  readonly relu?: boolean;
}

/**
 * `out = relu?(x · scale[c] + shift[c] (+ residual))`; gradients for x and residual. NaN stays NaN.
 * @param x f32 [N, H, W, C]
 * @returns f32 [N, H, W, C]
 * @throws RangeError where a shape does not fit x's
 */
export function channelAffine(x: Tensor, options: ChannelAffineOptions): Tensor {
  const { scale, shift, residual, relu = false } = options;
  const channels = nhwc(x.shape, "x")[3];
  expectShape(scale, [channels], "scale");
  expectShape(shift, [channels], "shift");
  if (residual) expectShape(residual, x.shape, "residual");
  const out = empty(x.device, x.shape);
  const { size } = x;
  const params = { size, channels, imageSize: size, relu, hasResidual: residual !== undefined };
  launch(affineKernel, { x, scale, shift, residual: residual ?? x, out }, params);
  differentiable({
    inputs: residual ? [x, residual] : [x],
    outputs: [out],
    saved: relu ? [out, scale] : [scale],
    backward: ([dOut], needs) => gradients({ dOut: dOut!, out, scale }, { channels, relu, needs }),
  });
  return out;
}

function gradients(
  { dOut, out, scale }: { dOut: Tensor; out: Tensor; scale: Tensor },
  { channels, relu, needs }: { channels: number; relu: boolean; needs: readonly boolean[] },
): (Tensor | undefined)[] {
  const [needsX, needsResidual = false] = needs;
  const { size, shape, device } = dOut;
  if (relu && needsX && needsResidual) {
    const dX = empty(device, shape), dResidual = empty(device, shape);
    launch(affineBackwardBothKernel, { dOut, out, scale, dX, dResidual }, { size, channels });
    return [dX, dResidual];
  }
  const masked = (scaled: boolean) => {
    const dX = empty(device, shape);
    const tensors = { dOut, out: relu ? out : dOut, scale, dX };
    launch(affineBackwardKernel, tensors, { size, channels, relu, scaled });
    return dX;
  };
  return [
    needsX ? masked(true) : undefined,
    needsResidual ? (relu ? masked(false) : dOut) : undefined,
  ];
}
