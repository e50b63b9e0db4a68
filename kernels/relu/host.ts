/** ReLU over typed arrays. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

const rectify = vectorLoop({ streams: ["x"], outputs: ({ x }) => ({ out: lanes.relu(x) }) });
const mask = vectorLoop({
  streams: ["dOut", "out"],
  outputs: ({ dOut, out }) => ({ dX: lanes.wherePositive(dOut, out) }),
});

/** out = max(x, 0). */
export function forward(
  arrays: { x: FloatArray; out: FloatArray },
  { size }: { size: number },
): void {
  if (suitsVectors(arrays, { size })) return rectify(arrays, { end: size });
  const { x, out } = arrays;
  for (let i = 0; i < size; i++) {
    // A product instead of a branch, which random signs would make slow; NaN stays NaN, and + 0 keeps −0 out.
    const value = x[i]!;
    out[i] = value * Number(value > 0) + 0;
  }
}

/** dX = dOut where out > 0, else 0. */
export function backwardX(
  arrays: { dOut: FloatArray; out: FloatArray; dX: FloatArray },
  { size }: { size: number },
): void {
  if (suitsVectors(arrays, { size })) return mask(arrays, { end: size });
  const { dOut, out, dX } = arrays;
  for (let i = 0; i < size; i++) dX[i] = dOut[i]! * Number(out[i]! > 0);
}
