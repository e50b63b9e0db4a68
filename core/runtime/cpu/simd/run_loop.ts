/**
 * Vector loops over runs of elements that lie apart, such as the channels of every second pixel: what `vector_loop.ts` is
 * for whole arrays.
 * @module
 */
import { SLOT_ELEMENTS } from "../heap.ts";
import { Loop, type LoopFormula, type LoopRuns } from "./loop.ts";

export type { LoopRuns, RunPlaces } from "./loop.ts";

/** Elements of a vector. */
const LANES = 4;

/** True where a {@link runLoop} can be used: arrays in float32, and runs of whole vectors that fit. */
export function suitsRuns<N extends string>(
  arrays: Readonly<Record<N, unknown>>,
  length: number,
): arrays is Record<N, Float32Array> {
  if (length % LANES !== 0 || length > SLOT_ELEMENTS) return false;
  for (const name in arrays) if (!(arrays[name] instanceof Float32Array)) return false;
  return true;
}

/**
 * Runs a formula over runs of the arrays, one after the other. What a run writes no other may read or write, unless it is
 * the same elements.
 */
export type RunLoop<N extends string> = (
  arrays: Readonly<Record<N, Float32Array>>,
  runs: LoopRuns<N>,
) => void;

/** A loop over runs for a formula without tables and sums; compiled when it runs first. */
export function runLoop<const S extends string, const O extends string>(
  formula: Required<Pick<LoopFormula<S, never, O, never>, "streams" | "outputs">>,
): RunLoop<S | O> {
  let loop: Loop<S, never, O, never> | undefined;
  return (arrays, runs) => (loop ??= new Loop<S, never, O, never>(formula)).runApart(arrays, runs);
}
