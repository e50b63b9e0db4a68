/**
 * Copies of many short runs of float32, such as the rows of a convolution's windows: a loop of JavaScript moves one or
 * two numbers at a time and checks the bounds of each, WebAssembly moves four and checks none.
 * @module
 */
import { elementAddress, functionOf } from "../heap.ts";
import { hostMeter } from "../meter.ts";
import { type Expression, load, store } from "./expression.ts";
import { moduleOf } from "./wasm_module.ts";

const LOCAL_GET = 0x20, LOCAL_SET = 0x21, LOCAL_TEE = 0x22, I64_CONST = 0x42;
const I64_ADD = 0x7c, I64_SUB = 0x7d, I64_EQZ = 0x50, I32_EQZ = 0x45;
const LOOP = 0x03, NO_RESULT = 0x40, BRANCH_IF = 0x0d, END = 0x0b;

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
 * @throws RangeError where an array does not lie in the heap, as those of a CPU device's tensors do
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
    const addresses = [elementAddress(source, from), elementAddress(target, to)];
    copy(...addresses, count, fromStep * 4, toStep * 4);
    countCopied(2 * count * length);
  };
  copiers.set(length, copier);
  return copier;
}

/** Tells the profile that is being taken, if any, of elements that were read or written. */
export function countCopied(elements: number): void {
  const meter = hostMeter();
  if (meter) meter.copiedBytes += 4 * elements;
}

function copyModule(length: number): WebAssembly.Module {
  const step = (position: number, by: number) => [
    ...[LOCAL_GET, position, LOCAL_GET, by, I64_ADD, LOCAL_SET, position],
  ];
  const copy: Expression = store(TARGET, load(SOURCE));
  const body = offsetsOf(length).flatMap((offset) => copy(4 * offset));
  const countDown = [LOCAL_GET, COUNT, I64_CONST, 1, I64_SUB, LOCAL_TEE, COUNT];
  const again = [...countDown, I64_EQZ, I32_EQZ, BRANCH_IF, 0, END];
  return moduleOf({
    parameters: PARAMETERS,
    body: [
      ...[LOOP, NO_RESULT, ...body, ...step(SOURCE, SOURCE_STEP), ...step(TARGET, TARGET_STEP)],
      ...again,
    ],
  });
}

/** Where a run's vectors begin: the last one ends with the run, so that nothing beyond is written. */
function offsetsOf(length: number): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset + 4 <= length; offset += 4) offsets.push(offset);
  if (length % 4 > 0) offsets.push(length - 4);
  return offsets;
}
