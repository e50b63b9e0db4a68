/** A formula compiled, and what surrounds it: where its arrays lie, its tables and its sums. */
import {
  addressOf,
  checkWithin,
  functionOf,
  LOOP_SLOTS,
  loopSlot,
  SLOT_ELEMENTS,
} from "../heap.ts";
import { type Expression, load, store } from "./expression.ts";
import { localsOf, loopModule } from "./wasm_loop.ts";
import { sumModule } from "./wasm_sums.ts";

/** Elements of a vector. */
const LANES = 4;

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
  /** What is added up over all elements that are equal modulo `period`: in float32 over some periods, then in float64. */
  readonly sums?: (value: Record<S | T, Expression>) => Record<A, Expression>;
}

/** Elements that a loop works on, block by block; tables and sums begin anew with each. */
export interface LoopPart {
  /** The first element of each array. */
  readonly first: number;
  /** Elements of a block, a multiple of 4, and how many blocks follow each other. */
  readonly block: number;
  readonly blocks: number;
}

/** The last elements of arrays, fewer than a vector has. */
export interface LoopTail {
  readonly first: number;
  readonly count: number;
  /** Where they come to lie within tables and sums. */
  readonly into: number;
}

/** Where the runs of an array lie, in elements. */
export interface RunPlaces {
  readonly from: number;
  /** From the start of a run to that of the next. */
  readonly step: number;
}

/** Runs of elements, which may lie apart. */
export interface LoopRuns<N extends string> {
  /** Elements of a run: a multiple of 4. */
  readonly length: number;
  readonly count: number;
  readonly at: Readonly<Record<N, RunPlaces>>;
}

type Arrays<N extends string> = Readonly<Record<N, Float32Array>>;

/** A loop that runs: S are the arrays that it reads, T its tables, O what it writes, A its sums. */
export class Loop<S extends string, T extends string, O extends string, A extends string> {
  readonly tables: readonly TableSlot<T>[];
  readonly sums: readonly SumSlot<A>[];
  readonly #moving: readonly MovingSlot<S | O>[];
  readonly #loop: (...parameters: number[]) => void;

  /** @throws RangeError where it names more arrays than there are slots */
  constructor({ streams, tables = [], outputs, sums }: LoopFormula<S, T, O, A>) {
    const pointers = new Map<string, number>();
    const at = (name: string) => pointers.get(name)!;
    const value = {} as Record<S | T, Expression>;
    for (const name of [...streams, ...tables]) value[name] = (offset) => load(at(name))(offset);
    const written = Object.entries<Expression>(outputs?.(value) ?? {}) as [O, Expression][];
    const added = Object.entries<Expression>(sums?.(value) ?? {}) as [A, Expression][];
    const moving = [...new Set<S | O>([...streams, ...written.map(([name]) => name)])];
    const rewound = [...tables, ...added.map(([name]) => name)];
    if (moving.length + rewound.length > LOOP_SLOTS) {
      throw new RangeError(`A loop works on at most ${LOOP_SLOTS} arrays`);
    }
    const shape = { moving: moving.length, rewound: rewound.length };
    const locals = localsOf(shape);
    moving.forEach((name, i) => pointers.set(name, locals.moving[i]!.pointer));
    rewound.forEach((name, i) => pointers.set(name, locals.rewound[i]!));
    const stores = written.map(([name, result]) => store(at(name), result));
    const terms = added.map(([, term]) => term);
    this.#loop = functionOf(
      terms.length > 0 ? sumModule({ stores, terms }, shape) : loopModule(stores, shape),
    );
    const writes = new Set<string>(written.map(([name]) => name)), reads = new Set<string>(streams);
    this.#moving = moving.map((name, slot) =>
      new MovingSlot(name, { slot, isRead: reads.has(name), isWritten: writes.has(name) })
    );
    this.tables = tables.map((name, i) => new TableSlot(name, moving.length + i));
    this.sums = added.map(([name], i) => new SumSlot(name, moving.length + tables.length + i));
  }

  /** True where all arrays lie within the heap, so that a part may be as long as it likes; else it must fit a slot. */
  reaches(arrays: Arrays<S | O>): boolean {
    return this.#moving.every(({ name }) => addressOf(arrays[name]) !== undefined);
  }

  /** Runs over a part of the arrays. */
  run(arrays: Arrays<S | O>, { first, block, blocks }: LoopPart): void {
    const elements = { first, count: block * blocks };
    const addresses = this.#moving.map((slot) => slot.open(arrays[slot.name], elements));
    this.#call(addresses, { into: 0, block, blocks });
    for (const slot of this.#moving) slot.close(arrays[slot.name], elements);
  }

  /** Runs over the last elements, which are copied as vectors would reach beyond them. */
  runTail(arrays: Arrays<S | O>, { into, ...elements }: LoopTail): void {
    const addresses = this.#moving.map((slot) => slot.copy(arrays[slot.name], elements));
    this.#call(addresses, { into, block: LANES, blocks: 1 });
    for (const slot of this.#moving) slot.copyBack(arrays[slot.name], elements);
  }

  /** Runs over runs of elements that lie apart, all at once where the heap has all arrays. */
  runApart(arrays: Arrays<S | O>, { length, count, at }: LoopRuns<S | O>): void {
    if (count === 0) return;
    const runs = this.reaches(arrays) ? count : 1;
    for (let run = 0; run < count; run += runs) {
      const elements = ({ from, step }: RunPlaces) => ({ first: from + run * step, count: length });
      for (const { name } of this.#moving) {
        const { from, step } = at[name], last = from + (count - 1) * step;
        checkWithin(arrays[name], {
          first: Math.min(from, last),
          end: Math.max(from, last) + length,
        });
      }
      const addresses = this.#moving.map((slot) =>
        slot.open(arrays[slot.name], elements(at[slot.name]))
      );
      const gaps = this.#moving.map(({ name }) => 4 * (at[name].step - length));
      this.#call(addresses, { into: 0, block: length, blocks: runs, gaps });
      for (const slot of this.#moving) slot.close(arrays[slot.name], elements(at[slot.name]));
    }
  }

  #call(
    addresses: readonly number[],
    { into, block, blocks, gaps }: {
      into: number;
      block: number;
      blocks: number;
      gaps?: readonly number[];
    },
  ): void {
    const parameters = [...addresses];
    for (const { address } of this.tables) parameters.push(address + 4 * into);
    for (const { address } of this.sums) parameters.push(address + 8 * into);
    for (let i = 0; i < addresses.length; i++) parameters.push(gaps?.[i] ?? 0);
    this.#loop(...parameters, 4 * block, blocks);
  }
}

/** A place of its own in the heap. */
class Slot<N extends string> {
  readonly address: number;
  protected readonly floats: Float32Array;

  constructor(readonly name: N, slot: number) {
    const { buffer, at } = loopSlot(slot);
    this.floats = new Float32Array(buffer, at, SLOT_ELEMENTS);
    this.address = at;
  }
}

/** Some elements of an array. */
interface Elements {
  readonly first: number;
  readonly count: number;
}

/** Where a part of an array lies that is no longer than a slot and outside of the heap. */
class MovingSlot<N extends string> extends Slot<N> {
  readonly #isRead: boolean;
  readonly #isWritten: boolean;

  constructor(name: N, options: { slot: number; isRead: boolean; isWritten: boolean }) {
    super(name, options.slot);
    this.#isRead = options.isRead;
    this.#isWritten = options.isWritten;
  }

  /** The address of an array's elements: their own, or that of a copy which {@link close} brings back. */
  open(array: Float32Array, elements: Elements): number {
    checkWithin(array, { first: elements.first, end: elements.first + elements.count });
    const address = addressOf(array);
    return address === undefined ? this.copy(array, elements) : address + 4 * elements.first;
  }

  close(array: Float32Array, elements: Elements): void {
    if (addressOf(array) === undefined) this.copyBack(array, elements);
  }

  copy(array: Float32Array, { first, count }: Elements): number {
    if (this.#isRead) this.floats.set(array.subarray(first, first + count));
    return this.address;
  }

  copyBack(array: Float32Array, { first, count }: Elements): void {
    if (this.#isWritten) array.set(this.floats.subarray(0, count), first);
  }
}

/** A table, again and again. */
class TableSlot<N extends string> extends Slot<N> {
  /** Fills the first `length` elements with the row of the table that begins at element `table`. */
  repeat(
    values: Float32Array,
    { table, period, length }: { table: number; period: number; length: number },
  ): void {
    const row = Math.min(period, length);
    this.floats.set(values.subarray(table, table + row));
    for (let done = row; done < length; done *= 2) {
      this.floats.copyWithin(done, 0, Math.min(done, length - done));
    }
  }
}

/** Sums in float64. */
class SumSlot<N extends string> {
  readonly address: number;
  readonly #sums: Float64Array;

  constructor(readonly name: N, slot: number) {
    const { buffer, at } = loopSlot(slot);
    this.#sums = new Float64Array(buffer, at, SLOT_ELEMENTS);
    this.address = at;
  }

  clear(length: number): void {
    this.#sums.fill(0, 0, length);
  }

  /** Adds the first `length` sums to `totals`, of which there are `period`, and begins anew. */
  takeSums(
    totals: Float64Array,
    { period, length }: { period: number; length: number },
  ): void {
    for (let row = 0; row < length; row += period) {
      const width = Math.min(period, length - row);
      for (let c = 0; c < width; c++) totals[c]! += this.#sums[row + c]!;
    }
    this.clear(length);
  }
}
