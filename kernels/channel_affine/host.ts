/**
 * Per-channel affine over typed arrays; shapes as in mod.ts. ReLU and its mask are factors of 0 or 1, as V8 makes
 * a branch of every comparison and random signs mispredict it: five times as slow. A factor also keeps NaN.
 */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Extents and options of a forward pass, in elements. */
export interface AffineParams {
  readonly size: number;
  readonly channels: number;
  /** Elements that share a row of the tables: one image's, or all. */
  readonly imageSize: number;
  readonly relu: boolean;
  readonly hasResidual: boolean;
}

/** out = relu?(x·scale + shift (+ residual)). */
export function forward(
  { x, scale, shift, residual, out }: Record<
    "x" | "scale" | "shift" | "residual" | "out",
    FloatArray
  >,
  { size, channels, imageSize, relu, hasResidual }: AffineParams,
): void {
  const always = Number(!relu);
  for (let image = 0, table = 0; image < size; image += imageSize, table += channels) {
    const end = Math.min(size, image + imageSize);
    for (let pixel = image; pixel < end; pixel += channels) {
      for (let c = 0; c < channels; c++) {
        const i = pixel + c;
        let value = x[i]! * scale[table + c]! + shift[table + c]!;
        if (hasResidual) value += residual[i]!;
        out[i] = value * (Number(value > 0) | always) + 0; // + 0 makes 0 of -0
      }
    }
  }
}

/** dX = masked dOut · scale, or the masked dOut itself where not `scaled`. */
export function backwardX(
  { dOut, out, scale, dX }: Record<"dOut" | "out" | "scale" | "dX", FloatArray>,
  { size, channels, relu, scaled }: {
    size: number;
    channels: number;
    relu: boolean;
    scaled: boolean;
  },
): void {
  const always = Number(!relu);
  for (let pixel = 0; pixel < size; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const masked = dOut[i]! * (Number(out[i]! > 0) | always);
      dX[i] = scaled ? masked * scale[c]! : masked;
    }
  }
}

/** dResidual = dOut where out > 0; dX = dResidual · scale. */
export function backwardBoth(
  { dOut, out, scale, dX, dResidual }: Record<
    "dOut" | "out" | "scale" | "dX" | "dResidual",
    FloatArray
  >,
  { size, channels }: { size: number; channels: number },
): void {
  for (let pixel = 0; pixel < size; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const masked = dOut[i]! * Number(out[i]! > 0);
      dResidual[i] = masked;
      dX[i] = masked * scale[c]!;
    }
  }
}
