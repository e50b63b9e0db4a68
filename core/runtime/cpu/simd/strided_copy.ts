/**
 * Copies of many short runs of float32, such as the rows of a convolution's windows: a loop of JavaScript moves one or
 * two numbers at a time and checks the bounds of each, WebAssembly moves four and checks none.
 * @module
 */
import { addressWithin, functionOf } from "../heap.ts";
import { hostMeter } from "../meter.ts";
import { load, store } from "./expression.ts";
import { countDown, get, increase } from "./wasm_code.ts";
import { moduleOf } from "./wasm_module.ts";

/** The function's parameters as i64, all in bytes but the count. */
const PARAMETERS = 5;
const SOURCE = 5, TARGET = 6, COUNT = 7, SOURCE_STEP = 8, TARGET_STEP = 9;

/** Elements of a vector: shorter runs cannot be copied. */
export const SHORTEST_RUN = 4;

/** Where runs lie in arrays within the heap, in elements. */
export interface Runs {
  readonly source: Float32Array;
  readonly from: number;
  readonly target: Float32Array;
  readonly to: number;
  readonly count: number;
  /** From the start of a run to that of the next. */
  readonly fromStep: number;
  readonly toStep: number;
}

/**
 * Copies runs of one length; a run must not overlap what it is copied to.
 * @throws RangeError where an array has not all of them, or does not lie in the heap as a CPU device's tensors do
 */
export type RunCopier = (runs: Runs) => void;

const copiers = new Map<number, RunCopier>();

/** What copies runs of `length` elements. @throws RangeError where that is below {@link SHORTEST_RUN} */
export function runCopier(length: number): RunCopier {
  const known = copiers.get(length);
  if (known) return known;
  if (length < SHORTEST_RUN) throw new RangeError(`Cannot copy runs of ${length} elements`);
  const copy = functionOf(copyModule(length));
  const copier: RunCopier = ({ source, from, target, to, count, fromStep, toStep }) => {
    if (count === 0) return;
    const read = addressWithin(source, extentOf(from, fromStep, { count, length }));
    const written = addressWithin(target, extentOf(to, toStep, { count, length }));
    copy(read, written, count, fromStep * 4, toStep * 4);
    countCopied(2 * count * length);
  };
  copiers.set(length, copier);
  return copier;
}

/** The elements that `count` runs lie within, `step` apart, of which the first begins at `start`. */
function extentOf(
  start: number,
  step: number,
  { count, length }: { count: number; length: number },
): { start: number; first: number; end: number } {
  const last = start + (count - 1) * step;
  return { start, first: Math.min(start, last), end: Math.max(start, last) + length };
}

/** Tells the profile that is being taken, if any, of elements that were read or written. */
export function countCopied(elements: number): void {
  const meter = hostMeter();
  if (meter) meter.copiedBytes += 4 * elements;
}

function copyModule(length: number): WebAssembly.Module {
  const copy = store(TARGET, load(SOURCE));
  const run = [
    ...offsetsOf(length).flatMap((offset) => copy(4 * offset)),
    ...increase(SOURCE, get(SOURCE_STEP)),
    ...increase(TARGET, get(TARGET_STEP)),
  ];
  return moduleOf({ parameters: PARAMETERS, body: countDown(COUNT, 1, run) });
}

/** Where a run's vectors begin: the last one ends with the run, so that nothing beyond is written. */
function offsetsOf(length: number): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset + 4 <= length; offset += 4) offsets.push(offset);
  if (length % 4 > 0) offsets.push(length - 4);
  return offsets;
}
