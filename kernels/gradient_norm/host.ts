/** The global gradient norm over typed arrays. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

/** The tensors of one launch. */
export interface SquaresParams {
  readonly sizes: readonly number[];
  readonly chunk: number;
  readonly slot: number;
}

const sum = new Float64Array(1);
const addSquares = vectorLoop({
  streams: ["x"],
  sums: ({ x }) => ({ sum: lanes.multiply(x, x) }),
});

/** slots[slot + k] = Σ x² over chunk k of the tensors' chunks, one after another; their names end in their number. */
export function sumSquares(
  { slots, ...tensors }: { readonly slots: FloatArray } & Readonly<Record<string, FloatArray>>,
  { sizes, chunk, slot }: SquaresParams,
): void {
  let k = slot;
  sizes.forEach((size, n) => {
    const x = tensors[`tensor${n}`]!;
    for (let begin = 0; begin < size; begin += chunk, k++) {
      const end = Math.min(size, begin + chunk);
      slots[k] = squaresIn(x, begin, end);
    }
  });
}

/** Σ x² over elements [begin, end). */
function squaresIn(x: FloatArray, begin: number, end: number): number {
  const arrays = { x };
  if (suitsVectors(arrays, { size: end - begin })) {
    sum[0] = 0;
    addSquares({ x: arrays.x, sum }, { start: begin, end });
    return sum[0];
  }
  let total = 0;
  for (let i = begin; i < end; i++) total += x[i]! * x[i]!;
  return total;
}

/** state = (norm, clip scale, 1 where a slot is NaN or Inf, 0). */
export function finish(
  { slots, state }: { slots: FloatArray; state: FloatArray },
  { gradientSlots, slotCount, maxNorm }: {
    gradientSlots: number;
    slotCount: number;
    maxNorm: number;
  },
): void {
  let sum = 0, rest = 0;
  for (let i = 0; i < gradientSlots; i++) sum += slots[i]!;
  for (let i = gradientSlots; i < slotCount; i++) rest += slots[i]!;
  const norm = Math.sqrt(sum);
  state[0] = norm;
  state[1] = maxNorm === 0 ? 1 : Math.min(1, maxNorm / (norm + 1e-6));
  state[2] = Number.isFinite(sum + rest) ? 0 : 1;
  state[3] = 0;
}
