/**
 * The stack machine that pickles are programs for, without the one thing that makes them dangerous:
 * it calls nothing but the few functions of its host (globals.ts), which make plain values.
 * @module
 */
import { fault, printable } from "../byte_source.ts";
import type { PickleCursor } from "./cursor.ts";
import { PyGlobal, type PyValue, textOf } from "./values.ts";

/** A tensor takes some forty instructions, R-101 with its optimizer 40 000; this bounds time and memory. */
const MAX_INSTRUCTIONS = 2 ** 18;

/** Arguments of a call: tensors have eight at most. */
const MAX_ARGUMENTS = 16;

/** What lies around a pickle. */
export interface PickleHost {
  /** The global of that name, or undefined: then the pickle is refused. */
  find(name: string): PyGlobal | undefined;
  /** Calls a global with a pickle's arguments. */
  call(callee: PyGlobal, args: readonly PyValue[], machine: PickleMachine): PyValue;
  /** Gives an object the state that `BUILD` has for it. */
  build(object: PyValue, state: PyValue, machine: PickleMachine): void;
  /** What a persistent id stands for; absent where the format has none. */
  readonly load?: (id: PyValue, machine: PickleMachine) => PyValue;
}

/** One file's machine; its pickles share their bounds. */
export class PickleMachine {
  readonly cursor: PickleCursor;
  readonly host: PickleHost;
  #stack: PyValue[] = [];
  #marks: number[] = [];
  #memo = new Map<number, PyValue>();
  #instructions = 0;
  #copiedItems = 0;
  #copiedBytes = 0;

  constructor(cursor: PickleCursor, host: PickleHost) {
    this.cursor = cursor;
    this.host = host;
  }

  /** Begins the next pickle of the file. */
  clear(): void {
    this.#stack = [];
    this.#marks = [];
    this.#memo = new Map();
  }

  /** The error `FILE holds a pickle that WHY`. */
  fault(why: string): Error {
    return fault(this.cursor.source, `holds a pickle that ${why}`);
  }

  /** Counts an instruction. @throws DataError where there are too many. */
  step(): void {
    if (++this.#instructions > MAX_INSTRUCTIONS) {
      throw this.fault(`has more than ${MAX_INSTRUCTIONS} instructions, which weights never need`);
    }
  }

  /**
   * Counts items that are copied from one container to another.
   * @throws DataError where they are more than instructions could have made: a sound pickle copies an
   *   item once.
   */
  spendItems(count: number): void {
    this.#copiedItems += count;
    if (this.#copiedItems > MAX_INSTRUCTIONS) throw this.fault("repeats its values without end");
  }

  /** Counts bytes made of text. @throws DataError where they are more than the file has. */
  spendBytes(count: number): void {
    this.#copiedBytes += count;
    if (this.#copiedBytes > this.cursor.source.size) {
      throw this.fault("repeats its values without end");
    }
  }

  push(value: PyValue): void {
    this.#stack.push(value);
  }

  /** Takes the topmost value. @throws DataError where there is none above the last mark. */
  pop(): PyValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  /** The topmost value, left where it is. */
  top(): PyValue {
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= (this.#marks.at(-1) ?? 0)) {
      throw this.fault("is broken: it takes a value where there is none");
    }
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Takes the last mark and all values above it. */
  popMark(): PyValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw this.fault("is broken: it takes a mark where there is none");
    return this.#stack.splice(start);
  }

  /** `POP`: drops the topmost value, or the mark where one is on top. */
  drop(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  /** `MEMOIZE`: remembers under the next free number. */
  rememberNext(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): PyValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.fault("is broken: it recalls what it did not remember");
    return value;
  }

  /** The global `module.name`. @throws DataError naming one that is not allowed. */
  global(module: string, name: string): PyGlobal {
    const full = `${module}.${name}`;
    const found = this.host.find(full);
    if (found) return found;
    throw fault(
      this.cursor.source,
      `asks for the Python global ${
        printable(full)
      }, which weights do not need; nothing in it was run`,
      "use a file that holds tensors alone, such as a state_dict",
    );
  }

  /** What `callee(*args)` is. @throws DataError where `callee` is no function of the host's. */
  call(callee: PyValue, args: readonly PyValue[]): PyValue {
    if (!(callee instanceof PyGlobal)) throw this.fault("calls what is no function");
    if (args.length > MAX_ARGUMENTS) {
      throw this.fault(`calls ${callee.name} with ${args.length} arguments`);
    }
    return this.host.call(callee, args, this);
  }

  /** What a persistent id stands for. */
  load(id: PyValue): PyValue {
    if (this.host.load) return this.host.load(id, this);
    const shown = printable(textOf(id) ?? "of another kind");
    throw this.fault(`refers to something outside of it (persistent id ${shown})`);
  }
}
