/** Assembles WebAssembly functions that loop over vectors of four float32, block by block. */
import type { Expression } from "./expression.ts";
import { type Code, countDown, get, increase, masked, set, unlessZero } from "./wasm_code.ts";
import { I64, localOf, moduleOf } from "./wasm_module.ts";

/** Bytes of a vector. */
export const VECTOR_BYTES = 16;

/** Vectors that one turn of the loop works on where a block has as many: its own cost is then small. */
const UNROLLED = 4;

/** Arrays that a loop works on, by their number: that of the parameter with their address. */
export interface LoopArrays {
  /** How many move on from block to block: the first ones. */
  readonly moving: number;
  /** How many begin anew with every block: those behind them. */
  readonly rewound: number;
}

/** The function's parameters and locals, by what they hold. */
export interface LoopLocals {
  readonly parameters: number;
  /** For each array that moves: its address, and the bytes between the end of a block and the start of the next. */
  readonly moving: readonly { readonly pointer: number; readonly gap: number }[];
  /** Addresses of the others. */
  readonly rewound: readonly number[];
  /** Bytes of a block, a multiple of a vector's, and the blocks, at least one. */
  readonly bytes: number;
  readonly blocks: number;
  /** The first local that is free. */
  readonly free: number;
}

/** The locals of a loop over so many arrays; its parameters are all addresses, the gaps, `bytes` and `blocks`. */
export function localsOf({ moving, rewound }: LoopArrays): LoopLocals {
  const arrays = moving + rewound, parameters = arrays + moving + 2;
  const local = (parameter: number) => localOf(parameter, parameters);
  return {
    parameters,
    moving: Array.from(
      { length: moving },
      (_, i) => ({ pointer: local(i), gap: local(arrays + i) }),
    ),
    rewound: Array.from({ length: rewound }, (_, i) => local(moving + i)),
    bytes: local(parameters - 2),
    blocks: local(parameters - 1),
    free: local(parameters),
  };
}

/**
 * A module whose function, with the parameters of {@link localsOf}, does all stores for each vector of each block, in
 * their order: a later one sees what an earlier one stored.
 */
export function loopModule(stores: readonly Expression[], arrays: LoopArrays): WebAssembly.Module {
  const { parameters, moving, rewound, bytes, blocks, free: left } = localsOf(arrays);
  const starts = rewound.map((pointer, i) => ({ pointer, start: left + 1 + i }));
  const pointers = [...moving.map(({ pointer }) => pointer), ...rewound];
  const turns = (vectors: number): Code => {
    const places = Array.from({ length: vectors }, (_, v) => v * VECTOR_BYTES);
    return countDown(left, vectors * VECTOR_BYTES, [
      ...places.flatMap((place) => stores.flatMap((store) => store(place))),
      ...pointers.flatMap((pointer) => increase(pointer, vectors * VECTOR_BYTES)),
    ]);
  };
  const wide = UNROLLED * VECTOR_BYTES;
  const block = [
    ...unlessZero(left, masked(get(bytes), -wide), turns(UNROLLED)),
    ...unlessZero(left, masked(get(bytes), wide - 1), turns(1)),
    ...moving.flatMap(({ pointer, gap }) => increase(pointer, get(gap))),
    ...starts.flatMap(({ pointer, start }) => set(pointer, get(start))),
  ];
  return moduleOf({
    parameters,
    locals: [[1 + rewound.length, I64]],
    body: [
      ...starts.flatMap(({ pointer, start }) => set(start, get(pointer))),
      ...countDown(blocks, 1, block),
    ],
  });
}
