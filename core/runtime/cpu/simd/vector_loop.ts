/**
 * Loops over float32 arrays, element by element, in WebAssembly's vectors: V8 makes none of JavaScript's loops, which
 * therefore take two to ten times as long. Tensors lie outside of WebAssembly's memory, so that blocks of them are
 * copied there and back; they stay in the second-level cache meanwhile, which makes the copies cheap.
 * @module
 */
import { add, type Expression, load, store } from "./expression.ts";
import { loopModule, TURN_BYTES } from "./wasm_loop.ts";

/** Elements of a block at most: large enough that copying calls do not count, four or five fit the cache. */
const BLOCK = 4096;

/** Bytes from slot to slot: apart by more than a block, as addresses equal modulo 4 KiB hinder each other. */
const SLOT_BYTES = BLOCK * 4 + 2 * TURN_BYTES;
const SLOTS = 12;

/** Elements of a block that is summed up: fewer, as adding up sums in float64 costs more than copying calls do. */
const SUMMED_BLOCK = 1024;

/** Blocks whose sums are float32, before they are added up in float64. */
const BLOCKS_OF_A_SUM = 32;

/** Names of the arrays that a loop works on, and what it computes from their elements. */
export interface LoopFormula<
  S extends string,
  T extends string,
  O extends string,
  A extends string,
> {
  /** Arrays of which each element is read. */
  readonly streams: readonly S[];
  /** Arrays that are read anew from their beginning every `period` elements, such as a row of channels. */
  readonly tables?: readonly T[];
  /** What is written, in this order. A stream's name: in place, and seen by what follows. */
  readonly outputs?: (value: Record<S | T, Expression>) => Record<O, Expression>;
  /** What is added up over all elements that are equal modulo `period`: in float32 over some blocks, then in float64. */
  readonly sums?: (value: Record<S | T, Expression>) => Record<A, Expression>;
}

/** Which elements a loop works on. */
export interface LoopRange {
  /** 0 where absent. */
  readonly start?: number;
  /** The element after the last. */
  readonly end: number;
  /** Elements after which tables and sums begin anew; at most {@link LONGEST_PERIOD}; 1 where absent. */
  readonly period?: number;
  /** First element of the tables to use; 0 where absent. */
  readonly table?: number;
}

/** The longest period there is room for. */
export const LONGEST_PERIOD = BLOCK;

/** True where a {@link vectorLoop} can and should be used: arrays in float32, and a period that fits. */
export function suitsVectors<N extends string>(
  arrays: Readonly<Record<N, unknown>>,
  { size, period = 1 }: { size: number; period?: number },
): arrays is Record<N, Float32Array> {
  if (size < LEAST_SIZE || period > LONGEST_PERIOD) return false;
  for (const name in arrays) if (!(arrays[name] instanceof Float32Array)) return false;
  return true;
}

/** Below this many elements, setting out costs more than the loop. */
const LEAST_SIZE = 512;

/** Runs a formula over arrays; sums are added to what their float64 arrays, of `period` elements, hold. */
export type VectorLoop<S extends string, T extends string, O extends string, A extends string> = (
  arrays: ArraysOf<S | T | O, A>,
  range: LoopRange,
) => void;

type ArraysOf<N extends string, A extends string> =
  & Readonly<Record<N, Float32Array>>
  & Readonly<Record<A, Float64Array>>;

let memory: { readonly memory: WebAssembly.Memory; readonly floats: Float32Array } | undefined;

/**
 * A loop of its own for a formula; compiled when it runs first. All loops share one memory: none may run
 * within another, which as functions without callbacks they cannot.
 */
export function vectorLoop<
  const S extends string,
  const T extends string = never,
  const O extends string = never,
  const A extends string = never,
>(formula: LoopFormula<S, T, O, A>): VectorLoop<S, T, O, A> {
  let compiled: Compiled<S, T, O, A> | undefined;
  return (arrays, range) => run(compiled ??= compile(formula), arrays, range);
}

interface Compiled<S, T, O, A> {
  readonly floats: Float32Array;
  readonly loop: (bytes: number) => void;
  readonly streams: readonly Slot<S>[];
  readonly tables: readonly Slot<T>[];
  readonly outputs: readonly Slot<O>[];
  readonly sums: readonly Slot<A>[];
}

/** A name and the index of its slot's first element in the memory. */
interface Slot<N> {
  readonly name: N;
  readonly at: number;
}

function compile<S extends string, T extends string, O extends string, A extends string>(
  { streams, tables = [], outputs, sums }: LoopFormula<S, T, O, A>,
): Compiled<S, T, O, A> {
  memory ??= allocate();
  const taken = new Map<string, number>();
  const value = {} as Record<S | T, Expression>;
  for (const name of [...streams, ...tables]) value[name] = load(slotOf(taken, name));
  const stores: Expression[] = [];
  const outputValues = Object.entries<Expression>(outputs?.(value) ?? {});
  const sumValues = Object.entries<Expression>(sums?.(value) ?? {});
  for (const [name, value] of outputValues) stores.push(store(slotOf(taken, name), value));
  for (const [name, value] of sumValues) {
    const slot = slotOf(taken, name);
    stores.push(store(slot, add(load(slot), value)));
  }
  const { exports } = new WebAssembly.Instance(loopModule(stores), { m: { m: memory.memory } });
  const slots = <N extends string>(names: readonly N[]) =>
    names.map((name) => ({ name, at: slotOf(taken, name) / 4 }));
  return {
    floats: memory.floats,
    loop: exports.f as (bytes: number) => void,
    streams: slots(streams),
    tables: slots(tables),
    outputs: slots(outputValues.map(([name]) => name as O)),
    sums: slots(sumValues.map(([name]) => name as A)),
  };
}

function allocate(): { memory: WebAssembly.Memory; floats: Float32Array } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(SLOTS * SLOT_BYTES / 65536) });
  return { memory, floats: new Float32Array(memory.buffer) };
}

/** First byte of the slot of a name, which is given one if it has none. */
function slotOf(taken: Map<string, number>, name: string): number {
  const known = taken.get(name);
  if (known !== undefined) return known;
  if (taken.size === SLOTS) throw new RangeError(`A loop works on at most ${SLOTS} arrays`);
  const slot = taken.size * SLOT_BYTES;
  taken.set(name, slot);
  return slot;
}

function run<S extends string, T extends string, O extends string, A extends string>(
  { floats, loop, streams, tables, outputs, sums }: Compiled<S, T, O, A>,
  arrays: ArraysOf<S | T | O, A>,
  { start = 0, end, period = 1, table = 0 }: LoopRange,
): void {
  const singles: Readonly<Record<S | T | O, Float32Array>> = arrays;
  const totals: Readonly<Record<A, Float64Array>> = arrays;
  const block = sums.length > 0 ? SUMMED_BLOCK : BLOCK;
  const most = Math.max(1, Math.floor(block / period)) * period;
  const length = Math.min(most, end - start);
  for (const { name, at } of tables) repeat(singles[name], { floats, at, table, period, length });
  for (const { at } of sums) floats.fill(0, at, at + length);
  const addUp = (count: number) => {
    for (const { name, at } of sums) takeSums(totals[name], { floats, at, period, length: count });
  };
  for (let first = start, blocks = 1; first < end; first += most, blocks++) {
    const count = Math.min(most, end - first), isLast = first + most >= end;
    for (const { name, at } of streams) {
      floats.set(singles[name].subarray(first, first + count), at);
    }
    // What lies behind the last elements is no number of theirs: it must not meet sums that are.
    if (isLast && count < length) addUp(length);
    loop(count * 4);
    for (const { name, at } of outputs) singles[name].set(floats.subarray(at, at + count), first);
    if (isLast || blocks % BLOCKS_OF_A_SUM === 0) addUp(count);
  }
}

interface Part {
  readonly floats: Float32Array;
  readonly at: number;
  readonly period: number;
  readonly length: number;
}

/** Fills a slot with a row of a table, again and again. */
function repeat(values: Float32Array, part: Part & { table: number }): void {
  const { floats, at, table, period, length } = part;
  const row = Math.min(period, length);
  floats.set(values.subarray(table, table + row), at);
  for (let done = row; done < length; done *= 2) {
    floats.copyWithin(at + done, at, at + Math.min(done, length - done));
  }
}

/** Adds a slot's sums to `totals` and begins anew. */
function takeSums(totals: Float64Array, { floats, at, period, length }: Part): void {
  for (let row = at; row < at + length; row += period) {
    const width = Math.min(period, at + length - row);
    for (let c = 0; c < width; c++) totals[c]! += floats[row + c]!;
  }
  floats.fill(0, at, at + length);
}
