/** ReLU over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** out = max(x, 0). */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) {
    // A product instead of a branch, which random signs would make slow; NaN stays NaN, and + 0 keeps −0 out.
    const value = x[i]!;
    out[i] = value * Number(value > 0) + 0;
  }
}

/** dX = dOut where out > 0, else 0. */
export function backwardX(
  { dOut, out, dX }: { dOut: FloatArray; out: FloatArray; dX: FloatArray },
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) dX[i] = dOut[i]! * Number(out[i]! > 0);
}
