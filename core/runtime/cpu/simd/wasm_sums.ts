/**
 * Assembles WebAssembly functions that loop over blocks of vectors as `wasm_loop.ts` does, and add up what stands at the
 * same place of all blocks. They go down the blocks for a few columns at a time, whose sums stay in registers.
 */
import { add, constant, type Expression, load, store } from "./expression.ts";
import {
  type Code,
  countDown,
  get,
  increase,
  lesser,
  masked,
  plus,
  set,
  times,
  unlessZero,
  whole,
} from "./wasm_code.ts";
import { localsOf, type LoopArrays, VECTOR_BYTES } from "./wasm_loop.ts";
import { I64, moduleOf, V128 } from "./wasm_module.ts";

const SHUFFLE = [0xfd, 13], DOUBLES_OF_LOW = [0xfd, 95], ADD_DOUBLES = [0xfd, 0xf0, 1];

/** Bytes of the sums in float64 of a vector's lanes. */
const DOUBLES_BYTES = 2 * VECTOR_BYTES;

/** Columns, each a vector wide, that are added up at the same time, so that no addition waits for the one before. */
const ABREAST = 4;

/** Blocks whose sums are float32, before they are added up in float64. */
const BLOCKS_OF_A_SUM = 32;

/** What is done with each vector: stores as in `wasm_loop.ts`, and what is added up, sum by sum. */
export interface SumCode {
  readonly stores: readonly Expression[];
  readonly terms: readonly Expression[];
}

/** A module whose function has the parameters of `localsOf()`. The last arrays that do not move are the sums, in float64. */
export function sumModule(code: SumCode, arrays: LoopArrays): WebAssembly.Module {
  const locals = sumLocals(arrays, code.terms.length);
  const { parameters, bytes, blocks, moving, rewound, rows, left } = locals;
  const wide = ABREAST * VECTOR_BYTES;
  const columns = (vectors: number) =>
    countDown(left, vectors * VECTOR_BYTES, sumColumns(code, locals, vectors));
  const chunk = [
    ...set(rows, lesser(blocks, whole(BLOCKS_OF_A_SUM))),
    ...moving.flatMap(({ start, column }) => set(column, get(start))),
    ...rewound.flatMap(({ start, pointer }) => set(pointer, get(start))),
    ...unlessZero(left, masked(get(bytes), -wide), columns(ABREAST)),
    ...unlessZero(left, masked(get(bytes), wide - 1), columns(1)),
    ...moving.flatMap(({ start, pitch }) => increase(start, times(get(pitch), get(rows)))),
  ];
  return moduleOf({
    parameters,
    locals: [[locals.addresses, I64], [ABREAST * code.terms.length, V128]],
    body: [
      ...[...moving, ...rewound].flatMap(({ start, pointer }) => set(start, get(pointer))),
      ...moving.flatMap(({ pitch, gap }) => set(pitch, plus(get(gap), get(bytes)))),
      ...countDown(blocks, get(rows), chunk),
    ],
  });
}

/** The parameters, and what the function keeps beside them. */
function sumLocals(arrays: LoopArrays, sums: number) {
  const { moving, rewound, free, ...others } = localsOf(arrays);
  let next = free;
  const rows = next++, row = next++, left = next++;
  const walked = moving.map((array) => ({
    ...array,
    /** Where the chunk begins, and the columns that are added up; bytes from block to block. */
    start: next++,
    column: next++,
    pitch: next++,
  }));
  const returning = rewound.map((pointer, i) => ({
    pointer,
    start: next++,
    bytes: i < rewound.length - sums ? VECTOR_BYTES : DOUBLES_BYTES,
  }));
  const addresses = next - free, vectors = next;
  const sumOf = (term: number, column: number) => vectors + term * ABREAST + column;
  return { ...others, moving: walked, rewound: returning, rows, row, left, addresses, sumOf };
}

/** Goes down all rows of a chunk for some columns side by side, adds their sums up and moves on to the next. */
function sumColumns(
  { stores, terms }: SumCode,
  { rows, row, moving, rewound, sumOf }: ReturnType<typeof sumLocals>,
  columns: number,
): Code {
  const places = Array.from({ length: columns }, (_, column) => column * VECTOR_BYTES);
  const each = terms.flatMap((term, t) =>
    places.map((place, column) => ({ term, place, column, t, sum: sumOf(t, column) }))
  );
  const down = [
    ...places.flatMap((place) => stores.flatMap((store) => store(place))),
    ...each.flatMap(({ term, place, sum }) => set(sum, add(() => get(sum), term)(place))),
    ...moving.flatMap(({ pointer, pitch }) => increase(pointer, get(pitch))),
  ];
  const totals = rewound.slice(rewound.length - terms.length);
  return [
    ...each.flatMap(({ sum }) => set(sum, constant(0)(0))),
    ...moving.flatMap(({ pointer, column }) => set(pointer, get(column))),
    ...[...set(row, get(rows)), ...countDown(row, 1, down)],
    ...each.flatMap(({ t, column, sum }) =>
      addDoubles(totals[t]!.pointer, column * DOUBLES_BYTES, get(sum))
    ),
    ...moving.flatMap(({ column }) => increase(column, columns * VECTOR_BYTES)),
    ...rewound.flatMap(({ pointer, bytes }) => increase(pointer, columns * bytes)),
  ];
}

/** Adds the four float32 of `vector` to the float64 at the address in `pointer`, `offset` bytes further on. */
function addDoubles(pointer: number, offset: number, vector: Code): Code {
  const upper = Array.from({ length: VECTOR_BYTES }, (_, byte) => (byte + 8) % VECTOR_BYTES);
  const halves = [vector, [...vector, ...vector, ...SHUFFLE, ...upper]];
  return halves.flatMap((half, i) => {
    const at = offset + i * VECTOR_BYTES;
    return store(pointer, (place) => [
      ...[...load(pointer)(place), ...half, ...DOUBLES_OF_LOW, ...ADD_DOUBLES],
    ])(at);
  });
}
