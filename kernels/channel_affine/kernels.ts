/** Kernels of the per-channel affine; GroupNorm applies its statistics with the same dispatches. */
import { defineKernel, type Dispatch, type PlanContext } from "../../core/runtime/mod.ts";
import { blockShaders, channelBlocks } from "../_shared/channel_blocks.ts";
import { elementwise } from "../_shared/elementwise.ts";
import nanSource from "../_shared/nan.wgsl" with { type: "text" };
import backwardBothSource from "./backward_both.wgsl" with { type: "text" };
import backwardXSource from "./backward_x.wgsl" with { type: "text" };
import backwardXBlocksSource from "./backward_x_blocks.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import forwardBlocksSource from "./forward_blocks.wgsl" with { type: "text" };
import * as host from "./host.ts";

const forwardShader = { source: nanSource + forwardSource };
const forwardBlocksShaders = blockShaders(nanSource + forwardBlocksSource);
const backwardXBlocksShaders = blockShaders(backwardXBlocksSource);
const backwardXShader = { source: backwardXSource };
const backwardBothShader = { source: backwardBothSource };

/** x, residual, out [N, H, W, C]; scale, shift [T, C]: row `image` of them, or row 0 where imageSize is x's. */
export const affineKernel = defineKernel({
  name: "channel_affine",
  signature: { x: "f32", scale: "f32", shift: "f32", residual: "f32", out: "f32" },
  host: host.forward,
  wgsl: affineDispatches,
});

/** Dispatches of {@link affineKernel}, over the tensors that its signature names. */
export function affineDispatches(params: host.AffineParams, context: PlanContext): Dispatch[] {
  const { size, channels, imageSize, relu, hasResidual } = params;
  const split = ["x", "residual", "out"];
  const wide = { context, split, relu, option: hasResidual };
  const blocks = channelBlocks(forwardBlocksShaders, params, wide);
  if (blocks) return blocks;
  const uniforms = { channels, imageSize, relu: Number(relu), hasResidual: Number(hasResidual) };
  const parts = elementwise(forwardShader, size, { context, split, uniforms, unit: channels });
  return parts.map((part): Dispatch => ({
    ...part,
    uniforms: { ...part.uniforms, start: part.views!.x!.start + part.uniforms.base! },
  }));
}

/** dOut, out, dX [N, H, W, C]; scale [C]. Not `scaled`: the gradient that passes the ReLU. */
export const affineBackwardKernel = defineKernel({
  name: "channel_affine_backward_x",
  signature: { dOut: "f32", out: "f32", scale: "f32", dX: "f32" },
  host: host.backwardX,
  wgsl: (p: { size: number; channels: number; relu: boolean; scaled: boolean }, context) => {
    const { size, channels, relu, scaled } = p, split = ["dOut", "out", "dX"];
    const wide = { context, split, relu, option: scaled };
    const extent = { size, channels, imageSize: size };
    return channelBlocks(backwardXBlocksShaders, extent, wide) ??
      elementwise(backwardXShader, size, {
        context,
        split,
        uniforms: { channels, relu: Number(relu), scaled: Number(scaled) },
        unit: channels,
      });
  },
});

/** dOut, out, dX, dResidual [N, H, W, C]; scale [C]. With ReLU only: without it dResidual is dOut. */
export const affineBackwardBothKernel = defineKernel({
  name: "channel_affine_backward_both",
  signature: { dOut: "f32", out: "f32", scale: "f32", dX: "f32", dResidual: "f32" },
  host: host.backwardBoth,
  wgsl: (p: { size: number; channels: number }, context) =>
    elementwise(backwardBothShader, p.size, {
      context,
      split: ["dOut", "out", "dX", "dResidual"],
      uniforms: { channels: p.channels },
      unit: p.channels,
    }),
});
