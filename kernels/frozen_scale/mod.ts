/**
 * A frozen batch norm as one affine map per channel: `scale = weight / √variance`, `shift = bias − mean · scale`,
 * **without** an epsilon (the original's `FrozenBatchNorm2d`). Not differentiable: its inputs are buffers.
 * @module
 */
import { defineKernel, launch, type Tensor } from "../../core/runtime/mod.ts";
import source from "./forward.wgsl" with { type: "text" };
import { forward } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "frozen_scale",
  signature: {
    weight: "f32",
    bias: "f32",
    mean: "f32",
    variance: "f32",
    scale: "f32",
    shift: "f32",
  },
  host: forward,
  wgsl: ({ channels }: { channels: number }) => [
    { shader, uniforms: { channels }, grid: [Math.ceil(channels / 64), 1, 1] },
  ],
});

/** A batch norm's buffers and the affine map to fill; all f32 [C]. */
export type FrozenScaleTensors = Record<
  "weight" | "bias" | "mean" | "variance" | "scale" | "shift",
  Tensor
>;

/** Fills `scale` and `shift`. */
export function frozenScale(tensors: FrozenScaleTensors): void {
  launch(kernel, tensors, { channels: tensors.scale.size });
}
