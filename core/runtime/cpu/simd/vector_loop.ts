/**
 * Loops over float32 arrays, element by element, in WebAssembly's vectors: V8 makes none of JavaScript's loops, which
 * therefore take two to ten times as long. Arrays within the heap are worked on where they are; blocks of others are copied
 * there and back.
 * @module
 */
import { SLOT_ELEMENTS } from "../heap.ts";
import { Loop, type LoopFormula } from "./loop.ts";

export type { LoopFormula } from "./loop.ts";

/** Elements of a block at most, where the period allows it: its tables then stay in the first-level cache. */
const BLOCK = 1024;

/** Elements of a vector. */
const LANES = 4;

/** Which elements a loop works on. */
export interface LoopRange {
  /** 0 where absent. */
  readonly start?: number;
  /** The element after the last. */
  readonly end: number;
  /** Elements after which tables and sums begin anew, as {@link suitsVectors} allows it; 1 where absent. */
  readonly period?: number;
  /** First element of the tables to use; 0 where absent. */
  readonly table?: number;
}

/** True where a {@link vectorLoop} can and should be used: arrays in float32, and a period that fits. */
export function suitsVectors<N extends string>(
  arrays: Readonly<Record<N, unknown>>,
  { size, period = 1 }: { size: number; period?: number },
): arrays is Record<N, Float32Array> {
  if (size < LEAST_SIZE || wholePeriods(period) > SLOT_ELEMENTS) return false;
  for (const name in arrays) if (!(arrays[name] instanceof Float32Array)) return false;
  return true;
}

/** Below this many elements, setting out costs more than the loop. */
const LEAST_SIZE = 512;

/** The fewest elements that are whole periods and whole vectors. */
function wholePeriods(period: number): number {
  return period % LANES === 0 ? period : period % 2 === 0 ? 2 * period : LANES * period;
}

/** Runs a formula over arrays; sums are added to what their float64 arrays, of `period` elements, hold. */
export type VectorLoop<S extends string, T extends string, O extends string, A extends string> = (
  arrays: ArraysOf<S | T | O, A>,
  range: LoopRange,
) => void;

type ArraysOf<N extends string, A extends string> =
  & Readonly<Record<N, Float32Array>>
  & Readonly<Record<A, Float64Array>>;

/**
 * A loop of its own for a formula; compiled when it runs first. All loops share one memory for tables and sums: none may
 * run within another, which as functions without callbacks they cannot.
 */
export function vectorLoop<
  const S extends string,
  const T extends string = never,
  const O extends string = never,
  const A extends string = never,
>(formula: LoopFormula<S, T, O, A>): VectorLoop<S, T, O, A> {
  let loop: Loop<S, T, O, A> | undefined;
  return (arrays, range) => run(loop ??= new Loop(formula), arrays, range);
}

function run<S extends string, T extends string, O extends string, A extends string>(
  loop: Loop<S, T, O, A>,
  arrays: ArraysOf<S | T | O, A>,
  { start = 0, end, period = 1, table = 0 }: LoopRange,
): void {
  if (end <= start) return;
  const isSum = loop.sums.length > 0, all = Math.ceil((end - start) / LANES) * LANES;
  const block = Math.min(all, isSum ? columnsOf(period) : blockOf(period));
  for (const slot of loop.tables) slot.repeat(arrays[slot.name], { table, period, length: block });
  for (const slot of loop.sums) slot.clear(block);
  const addUp = (length: number) => {
    for (const slot of loop.sums) slot.takeSums(arrays[slot.name], { period, length });
  };
  const most = loop.reaches(arrays) ? Infinity : Math.floor(SLOT_ELEMENTS / block);
  let first = start;
  for (let blocks = Math.floor((end - start) / block); blocks > 0;) {
    const now = Math.min(blocks, most);
    loop.run(arrays, { first, block, blocks: now });
    first += now * block;
    blocks -= now;
  }
  const rest = end - first, vectors = rest - rest % LANES;
  if (vectors > 0) loop.run(arrays, { first, block: vectors, blocks: 1 });
  addUp(block);
  if (rest === vectors) return;
  // What lies behind the last elements is no number of theirs: it must not meet sums that are.
  loop.runTail(arrays, { first: first + vectors, count: rest - vectors, into: vectors });
  addUp(rest);
}

/** Elements of a block: whole periods and vectors, of tables that stay in the first-level cache where they can. */
function blockOf(period: number): number {
  const least = wholePeriods(period);
  return Math.max(1, Math.floor(BLOCK / least)) * least;
}

/** The fewest elements that are whole periods and as many vectors as are added up abreast, where these fit. */
function columnsOf(period: number): number {
  const least = wholePeriods(period);
  const abreast = [1, 2, 4].find((times) => times * least % (4 * LANES) === 0)! * least;
  return abreast <= SLOT_ELEMENTS ? abreast : least;
}
