/**
 * Assembles WebAssembly modules of one loop over vectors of four float32. The encoding is that of the WebAssembly
 * core specification 2.0, "Binary Format" and "Vector Instructions"; an instruction has its name beside it.
 */

import { type Expression, position, unsigned } from "./expression.ts";

const LOCAL_GET = 0x20, LOCAL_TEE = 0x22, I32_CONST = 0x41, I32_ADD = 0x6a, I32_LT_U = 0x49;
const LOOP = 0x03, NO_RESULT = 0x40, BRANCH_IF = 0x0d, END = 0x0b, I32 = 0x7f;

/** Bytes of a vector. */
const VECTOR_BYTES = 16;

/** Vectors that one turn of the loop works on: its own cost, three instructions, is then small. */
const UNROLLED = 4;

/** Bytes that one turn works on: loops touch their slots up to a multiple of this. */
export const TURN_BYTES = UNROLLED * VECTOR_BYTES;

/**
 * A module that imports memory `m.m` and exports `f(bytes)`, which does all stores for each vector from
 * position 0 on until `bytes`, in their order: a later one sees what an earlier one stored.
 */
export function loopModule(stores: readonly Expression[]): WebAssembly.Module {
  const body: number[] = [];
  for (let turn = 0; turn < UNROLLED; turn++) {
    for (const store of stores) body.push(...store(turn * VECTOR_BYTES));
  }
  const advance = [...position, I32_CONST, ...signed(TURN_BYTES), I32_ADD, LOCAL_TEE, 1];
  const again = [LOCAL_GET, 0, I32_LT_U, BRANCH_IF, 0];
  const oneLocal = [1, 1, I32];
  const code = [...oneLocal, LOOP, NO_RESULT, ...body, ...advance, ...again, END, END];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
      ...section(1, [0x60, 1, I32, 0]), // type 0: (i32) → ()
      ...section(2, [...text("m"), ...text("m"), 2, 0, 1]), // a memory of at least one page
      ...section(3, [0]), // function 0 is of type 0
      ...section(7, [...text("f"), 0, 0]), // and exported
      ...section(10, [...unsigned(code.length), ...code]),
    ]),
  );
}

/** A section that holds one item. */
function section(id: number, item: readonly number[]): number[] {
  return [id, ...unsigned(item.length + 1), 1, ...item];
}

function text(ascii: string): number[] {
  return [ascii.length, ...new TextEncoder().encode(ascii)];
}

/** LEB128 of a number that is not negative, where one with a sign is expected: its top bit must stay clear. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [value % 128 + 128, ...signed(Math.floor(value / 128))];
}
