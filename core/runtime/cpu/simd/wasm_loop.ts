/**
 * Assembles WebAssembly modules of one loop over vectors of four float32. The encoding is that of the WebAssembly
 * core specification 2.0, "Vector Instructions".
 */

import { type Expression, position } from "./expression.ts";
import { moduleOf } from "./wasm_module.ts";

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
  return moduleOf(1, code);
}

/** LEB128 of a number that is not negative, where one with a sign is expected: its top bit must stay clear. */
function signed(value: number): number[] {
  return value < 64 ? [value] : [value % 128 + 128, ...signed(Math.floor(value / 128))];
}
