/**
 * Per-channel affine over typed arrays; shapes as in mod.ts. In float32 by vectors. In the loops ReLU and its mask are
 * factors of 0 or 1, as V8 makes a branch of every comparison and random signs mispredict it: five times as slow.
 * A factor also keeps NaN.
 */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

/** Extents and options of a forward pass, in elements. */
export interface AffineParams {
  readonly size: number;
  readonly channels: number;
  /** Elements that share a row of the tables: one image's, or all. */
  readonly imageSize: number;
  readonly relu: boolean;
  readonly hasResidual: boolean;
}

type Arrays<Names extends string> = Record<Names, FloatArray>;

const { add, multiply, relu: reluOf, wherePositive } = lanes;

/** The forward pass by vectors: with and without residual and ReLU. */
const tables = ["scale", "shift"] as const;
const plain = vectorLoop({
  streams: ["x"],
  tables,
  outputs: ({ x, scale, shift }) => ({ out: add(multiply(x, scale), shift) }),
});
const rectified = vectorLoop({
  streams: ["x"],
  tables,
  outputs: ({ x, scale, shift }) => ({ out: reluOf(add(multiply(x, scale), shift)) }),
});
const withResidual = vectorLoop({
  streams: ["x", "residual"],
  tables,
  outputs: ({ x, residual, scale, shift }) => ({
    out: add(add(multiply(x, scale), shift), residual),
  }),
});
const rectifiedWithResidual = vectorLoop({
  streams: ["x", "residual"],
  tables,
  outputs: ({ x, residual, scale, shift }) => ({
    out: reluOf(add(add(multiply(x, scale), shift), residual)),
  }),
});

/** out = relu?(x·scale + shift (+ residual)). */
export function forward(
  arrays: Arrays<"x" | "scale" | "shift" | "residual" | "out">,
  params: AffineParams,
): void {
  const { size, channels, imageSize, relu, hasResidual } = params;
  if (!suitsVectors(arrays, { size: Math.min(size, imageSize), period: channels })) {
    return forwardByElement(arrays, params);
  }
  const [withoutRelu, withRelu] = hasResidual
    ? [withResidual, rectifiedWithResidual]
    : [plain, rectified];
  const loop = relu ? withRelu : withoutRelu;
  for (let start = 0, table = 0; start < size; start += imageSize, table += channels) {
    loop(arrays, { start, end: Math.min(size, start + imageSize), period: channels, table });
  }
}

function forwardByElement(
  { x, scale, shift, residual, out }: Arrays<"x" | "scale" | "shift" | "residual" | "out">,
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

/** The gradient's passes by vectors. */
const scaledGradient = vectorLoop({
  streams: ["dOut"],
  tables: ["scale"],
  outputs: ({ dOut, scale }) => ({ dX: multiply(dOut, scale) }),
});
const maskedGradient = vectorLoop({
  streams: ["dOut", "out"],
  outputs: ({ dOut, out }) => ({ dX: wherePositive(dOut, out) }),
});
const maskedScaledGradient = vectorLoop({
  streams: ["dOut", "out"],
  tables: ["scale"],
  outputs: ({ dOut, out, scale }) => ({ dX: multiply(wherePositive(dOut, out), scale) }),
});
const bothGradients = vectorLoop({
  streams: ["dOut", "out"],
  tables: ["scale"],
  outputs: ({ dOut, out, scale }) => ({
    dResidual: wherePositive(dOut, out),
    dX: multiply(wherePositive(dOut, out), scale),
  }),
});

/** What a gradient is of; not `scaled`: the one that passes the ReLU, which there is then. */
interface GradientParams {
  readonly size: number;
  readonly channels: number;
  readonly relu: boolean;
  readonly scaled: boolean;
}

/** dX = masked dOut · scale, or the masked dOut itself where not `scaled`. */
export function backwardX(
  arrays: Arrays<"dOut" | "out" | "scale" | "dX">,
  params: GradientParams,
): void {
  const { size, channels, relu, scaled } = params;
  if (!(relu || scaled) || !suitsVectors(arrays, { size, period: channels })) {
    return backwardXByElement(arrays, params);
  }
  const loop = !relu ? scaledGradient : scaled ? maskedScaledGradient : maskedGradient;
  loop(arrays, { end: size, period: channels });
}

function backwardXByElement(
  { dOut, out, scale, dX }: Arrays<"dOut" | "out" | "scale" | "dX">,
  { size, channels, relu, scaled }: GradientParams,
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
  arrays: Arrays<"dOut" | "out" | "scale" | "dX" | "dResidual">,
  { size, channels }: { size: number; channels: number },
): void {
  if (suitsVectors(arrays, { size, period: channels })) {
    return bothGradients(arrays, { end: size, period: channels });
  }
  const { dOut, out, scale, dX, dResidual } = arrays;
  for (let pixel = 0; pixel < size; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const masked = dOut[i]! * Number(out[i]! > 0);
      dResidual[i] = masked;
      dX[i] = masked * scale[c]!;
    }
  }
}
