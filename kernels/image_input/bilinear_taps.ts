/**
 * Weights of bilinear resizing without antialiasing, as PyTorch and OpenCV place them: output position d lies at
 * (d + ½) · in / out − ½, between two input positions; beyond the border the outermost one counts twice.
 * @module
 */
/** Which library's arithmetic: PyTorch's on floats or OpenCV's on bytes. */
export type BilinearRule = "torch" | "opencv";

/** Numbers of a row of {@link bilinearTaps}. */
export const TAP_STRIDE = 4;

/** OpenCV's weights are in units of 2^-11. */
const COEFFICIENT_SCALE = 2048;

/**
 * Per output position the two input positions and their weights: float32 for `torch`, whose bits the table holds;
 * units of 2^-11 for `opencv`.
 * @param options.vertical OpenCV goes on beyond the first row, where both positions are clipped, and stops at the
 * first column
 */
export function bilinearTaps(
  inSize: number,
  outSize: number,
  { rule, vertical }: { readonly rule: BilinearRule; readonly vertical: boolean },
): Int32Array<ArrayBuffer> {
  const table = new Int32Array(outSize * TAP_STRIDE), weights = new Float32Array(table.buffer);
  const last = inSize - 1;
  for (let out = 0; out < outSize; out++) {
    const at = out * TAP_STRIDE;
    if (rule === "torch") {
      const position = Math.max(0, Math.fround(inSize / outSize) * (out + 0.5) - 0.5);
      const low = Math.min(Math.floor(position), last), part = Math.fround(position - low);
      table.set([low, Math.min(low + 1, last)], at);
      weights.set([1 - part, part], at + 2);
    } else {
      const { low, part } = opencvPosition(out, { inSize, outSize, stops: !vertical });
      table.set([Math.max(0, low), Math.min(low + 1, last)], at);
      const scaled = [1 - part, part].map((weight) => Math.fround(weight) * COEFFICIENT_SCALE);
      table.set(scaled.map(roundHalfEven), at + 2);
    }
  }
  return table;
}

function opencvPosition(
  out: number,
  { inSize, outSize, stops }: { inSize: number; outSize: number; stops: boolean },
): { low: number; part: number } {
  const position = Math.fround((out + 0.5) * (1 / (outSize / inSize)) - 0.5);
  const low = Math.floor(position), part = Math.fround(position - low);
  if (stops && low < 0) return { low: 0, part: 0 };
  if (stops && low >= inSize - 1) return { low: inSize - 1, part: 0 };
  return { low: Math.min(low, inSize - 1), part };
}

/** As OpenCV's cvRound. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value), rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
