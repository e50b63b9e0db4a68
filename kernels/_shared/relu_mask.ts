/** The gradient of a ReLU fused into another operator: what flows past it, from the operator's own output. */
import {
  defineKernel,
  empty,
  type FloatArray,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import source from "../relu/backward_x.wgsl" with { type: "text" };
import { backwardX } from "../relu/host.ts";
import { elementwise } from "./elementwise.ts";

const shader = { source };

const kernel = defineKernel({
  name: "relu_mask",
  signature: { dOut: "f32", out: "f32", dX: "f32" },
  host: maskOnHost,
  wgsl: ({ size }: { size: number }, context) =>
    elementwise(shader, size, { context, split: ["dOut", "out", "dX"] }),
});

/** dOut where `out > 0`, else 0; both f32 of one shape. */
export function reluMask(dOut: Tensor, out: Tensor): Tensor {
  const dX = empty(out.device, out.shape);
  launch(kernel, { dOut, out, dX }, { size: out.size });
  return dX;
}

/**
 * In float32 on the bits: the signs of a layer's outputs are random, so that a branch on them is guessed wrongly
 * half of the time. A ReLU's output is +0 or has the sign bit clear, so as an integer it is positive where the
 * number is.
 */
function maskOnHost(
  arrays: { dOut: FloatArray; out: FloatArray; dX: FloatArray },
  { size }: { size: number },
): void {
  if (!(arrays.out instanceof Float32Array)) return backwardX(arrays, { size });
  const [dOut, out, dX] = [bits(arrays.dOut), bits(arrays.out), bits(arrays.dX)];
  for (let i = 0; i < size; i++) dX[i] = dOut[i]! & (-out[i]! >> 31);
}

function bits(array: FloatArray): Int32Array {
  return new Int32Array(array.buffer, array.byteOffset, array.length);
}
