/** ReLU over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** out = max(x, 0). */
export function forward(
  { x, out }: { x: FloatArray; out: FloatArray },
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) {
    const value = x[i]!;
    // `<=` is false for NaN, which must pass through and be found, not be hidden.
    out[i] = value <= 0 ? 0 : value;
  }
}

/** dX = dOut where out > 0, else 0. */
export function backwardX(
  { dOut, out, dX }: { dOut: FloatArray; out: FloatArray; dX: FloatArray },
  { size }: { size: number },
): void {
  for (let i = 0; i < size; i++) dX[i] = out[i]! > 0 ? dOut[i]! : 0;
}
