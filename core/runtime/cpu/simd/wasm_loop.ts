/** Assembles WebAssembly functions that loop over vectors of four float32, block by block. */
import type { Expression } from "./expression.ts";
import { I64, localOf, moduleOf } from "./wasm_module.ts";

const LOCAL_GET = 0x20, LOCAL_SET = 0x21, LOCAL_TEE = 0x22;
const I64_CONST = 0x42, I64_ADD = 0x7c, I64_SUB = 0x7d, I64_AND = 0x83;
const I64_EQZ = 0x50, I32_EQZ = 0x45, IF = 0x04;
const LOOP = 0x03, NO_RESULT = 0x40, BRANCH_IF = 0x0d, END = 0x0b;

/** Bytes of a vector. */
const VECTOR_BYTES = 16;

/** Vectors that one turn of the loop works on where a block has as many: its own cost is then small. */
const UNROLLED = 4;

/** Arrays that a loop works on, by their number: that of the parameter with their address. */
export interface LoopArrays {
  /** How many move on from block to block: the first ones. */
  readonly moving: number;
  /** How many begin anew with every block: those behind them. */
  readonly rewound: number;
}

/**
 * A module whose function does all stores for each vector of each block, in their order: a later one sees what an
 * earlier one stored. Its parameters are the arrays' addresses; for each that moves, the bytes between the end of a block
 * and the start of the next; the bytes of a block, a multiple of a vector's; and the blocks, at least one.
 * @param stores with array n at the local {@link pointerOf} tells
 */
export function loopModule(
  stores: readonly Expression[],
  { moving, rewound }: LoopArrays,
): WebAssembly.Module {
  const arrays = moving + rewound, parameters = arrays + moving + 2;
  const local = (index: number) => localOf(index, parameters);
  const gap = (array: number) => local(arrays + array);
  const bytes = local(arrays + moving), blocks = local(arrays + moving + 1);
  const left = local(parameters), starts = left + 1;
  const all = Array.from({ length: arrays }, (_, array) => array);
  const turn = (vectors: number): number[] => {
    const by = vectors * VECTOR_BYTES;
    const code: number[] = [];
    for (let v = 0; v < vectors; v++) code.push(...stores.flatMap((s) => s(v * VECTOR_BYTES)));
    for (const array of all) code.push(...increase(local(array), by));
    return [...code, LOCAL_GET, left, I64_CONST, ...signed(by), I64_SUB, LOCAL_TEE, left];
  };
  // Runs `vectors` at a time while the masked rest of a block is not 0.
  const turns = (vectors: number, mask: readonly number[]): number[] => [
    ...[LOCAL_GET, bytes, ...mask, LOCAL_TEE, left, I64_EQZ, I32_EQZ, IF, NO_RESULT],
    ...[LOOP, NO_RESULT, ...turn(vectors), I64_EQZ, I32_EQZ, BRANCH_IF, 0, END, END],
  ];
  const wide = UNROLLED * VECTOR_BYTES;
  const block = [
    ...turns(UNROLLED, [I64_CONST, ...signed(-wide), I64_AND]),
    ...turns(1, [I64_CONST, ...signed(wide - 1), I64_AND]),
    ...all.flatMap((array) =>
      array < moving
        ? [LOCAL_GET, local(array), LOCAL_GET, gap(array), I64_ADD, LOCAL_SET, local(array)]
        : [LOCAL_GET, starts + array - moving, LOCAL_SET, local(array)]
    ),
    ...[LOCAL_GET, blocks, I64_CONST, 1, I64_SUB, LOCAL_TEE, blocks],
  ];
  const begin = all.slice(moving).flatMap((array) => [
    ...[LOCAL_GET, local(array), LOCAL_SET, starts + array - moving],
  ]);
  return moduleOf({
    parameters,
    locals: [[1 + rewound, I64]],
    body: [...begin, LOOP, NO_RESULT, ...block, I64_EQZ, I32_EQZ, BRANCH_IF, 0, END],
  });
}

/** The local with the address that array n has reached. */
export function pointerOf(array: number, { moving, rewound }: LoopArrays): number {
  return localOf(array, 2 * moving + rewound + 2);
}

function increase(local: number, by: number): number[] {
  return [LOCAL_GET, local, I64_CONST, ...signed(by), I64_ADD, LOCAL_SET, local];
}

/** LEB128 of a whole number with its sign. */
function signed(value: number): number[] {
  const low = ((value % 128) + 128) % 128, rest = (value - low) / 128;
  const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return isLast ? [low] : [low + 128, ...signed(rest)];
}
