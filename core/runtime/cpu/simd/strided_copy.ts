/**
 * Copies of many short runs of float32, such as the rows of a convolution's windows: a loop of JavaScript moves one or
 * two numbers at a time and checks the bounds of each, WebAssembly moves four and checks none that is inside of its memory.
 * @module
 */
import { hostMeter } from "../meter.ts";
import { unsigned } from "./expression.ts";
import { moduleOf } from "./wasm_module.ts";

const LOCAL_GET = 0x20, LOCAL_SET = 0x21, LOCAL_TEE = 0x22, I32_CONST = 0x41;
const I32_ADD = 0x6a, I32_SUB = 0x6b, LOOP = 0x03, NO_RESULT = 0x40, BRANCH_IF = 0x0d, END = 0x0b;
const VECTOR_LOAD = [0xfd, 0], VECTOR_STORE = [0xfd, 11];

/** Vectors need only be aligned as float32 are: 2² bytes. */
const ALIGNMENT = 2;

/** Parameters of the function, all in bytes but the count. */
const SOURCE = 0, TARGET = 1, COUNT = 2, SOURCE_STEP = 3, TARGET_STEP = 4, PARAMETERS = 5;

/** Elements of a vector: shorter runs cannot be copied. */
export const SHORTEST_RUN = 4;

const PAGE_BYTES = 65536;

let memory: WebAssembly.Memory | undefined;

/**
 * The memory that runs are copied within: at least so many elements of arbitrary content, the same for everybody and
 * only until the next call.
 */
export function copyMemory(elements: number): Float32Array {
  memory ??= new WebAssembly.Memory({ initial: 1 });
  const missing = elements * 4 - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  return new Float32Array(memory.buffer);
}

/** Where runs lie in the memory, in elements. */
export interface Runs {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** From the start of a run to that of the next. */
  readonly fromStep: number;
  readonly toStep: number;
}

/** Copies runs of one length within {@link copyMemory}; a run must not overlap what it is copied to. */
export type RunCopier = (runs: Runs) => void;

const copiers = new Map<number, RunCopier>();

/** What copies runs of `length` elements. @throws RangeError where that is below {@link SHORTEST_RUN} */
export function runCopier(length: number): RunCopier {
  const known = copiers.get(length);
  if (known) return known;
  if (length < SHORTEST_RUN) throw new RangeError(`Cannot copy runs of ${length} elements`);
  const copy = instantiateOnMemory(copyModule(length));
  const copier: RunCopier = ({ from, to, count, fromStep, toStep }) => {
    if (count === 0) return;
    copy(from * 4, to * 4, count, fromStep * 4, toStep * 4);
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

/** The function of a module that works within {@link copyMemory}. */
export function instantiateOnMemory(
  module: WebAssembly.Module,
): (...parameters: number[]) => void {
  memory ??= new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
  return exports.f as (...parameters: number[]) => void;
}

function copyModule(length: number): WebAssembly.Module {
  const step = (position: number, by: number) => [
    ...[LOCAL_GET, position, LOCAL_GET, by, I32_ADD, LOCAL_SET, position],
  ];
  const body: number[] = [];
  for (const offset of offsetsOf(length)) {
    const place = [ALIGNMENT, ...unsigned(offset * 4)];
    body.push(LOCAL_GET, TARGET, LOCAL_GET, SOURCE, ...VECTOR_LOAD, ...place);
    body.push(...VECTOR_STORE, ...place);
  }
  const countDown = [LOCAL_GET, COUNT, I32_CONST, 1, I32_SUB, LOCAL_TEE, COUNT, BRANCH_IF, 0];
  const noLocals = [0];
  return moduleOf(PARAMETERS, [
    ...[...noLocals, LOOP, NO_RESULT, ...body],
    ...[...step(SOURCE, SOURCE_STEP), ...step(TARGET, TARGET_STEP), ...countDown, END, END],
  ]);
}

/** Where a run's vectors begin: the last one ends with the run, so that nothing beyond is written. */
function offsetsOf(length: number): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset + 4 <= length; offset += 4) offsets.push(offset);
  if (length % 4 > 0) offsets.push(length - 4);
  return offsets;
}
