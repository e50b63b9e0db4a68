/** The gradient of a ReLU fused into another operator: what flows past it, from the operator's own output. */
import { defineKernel, empty, launch, type Tensor } from "../../core/runtime/mod.ts";
import { backwardX } from "../relu/host.ts";
import { maskDispatches } from "../relu/mask.ts";

const kernel = defineKernel({
  name: "relu_mask",
  signature: { dOut: "f32", out: "f32", dX: "f32" },
  host: backwardX,
  wgsl: maskDispatches,
});

/** dOut where `out > 0`, else 0; both f32 of one shape. */
export function reluMask(dOut: Tensor, out: Tensor): Tensor {
  const dX = empty(out.device, out.shape);
  launch(kernel, { dOut, out, dX }, { size: out.size });
  return dX;
}
