/**
 * Linear maps of square tiles, such as Winograd's, on four float32 at a time: one map of a line of values, applied to a
 * tile's rows and then to its columns, while the tile stays in registers and the first-level cache. As with the copies of
 * `strided_copy.ts`, source and target lie in the heap, where matrix products read and write them too.
 * @module
 */
import { addressWithin, functionOf } from "../heap.ts";
import { constant, type Expression, load, multiply, store } from "./expression.ts";
import { countCopied } from "./strided_copy.ts";
import { type Code, countDown, get, increase, plus, repeatUntilEqual, set } from "./wasm_code.ts";
import { I64, moduleOf, V128 } from "./wasm_module.ts";

const VECTOR_BYTES = 16;

/** The function's parameters as i64, in bytes but for the count of tiles; then its locals for addresses. */
const PARAMETERS = 10;
const FROM = 10, FROM_ROW = 11, FROM_COLUMN = 12, FROM_TILE = 13;
const TO = 14, TO_ROW = 15, TO_COLUMN = 16, TO_TILE = 17, TILES = 18, BYTES = 19;
const READ = 20, WRITE = 21, LAST = 22, LINE = 23, PLACE = 24, ADDRESSES = 5, VECTORS = 25;

/** Where tiles lie in arrays within the heap, in elements; steps may be negative. */
export interface Tiles {
  readonly source: Float32Array;
  readonly from: number;
  /** From a tile's row to the next, from its column to the next, and from tile to tile. */
  readonly fromStep: TileSteps;
  readonly target: Float32Array;
  readonly to: number;
  readonly toStep: TileSteps;
  readonly tiles: number;
  /** Elements in each place of a tile, a multiple of 4: each is a tile of its own. */
  readonly channels: number;
}

/** Steps from one element to that of the next row, column or tile. */
export interface TileSteps {
  readonly row: number;
  readonly column: number;
  readonly tile: number;
}

/** What a map computes with besides the operations of `expression.ts`. */
export interface TileLanes {
  /** Keeps a value that is used several times, which spares computing it again. */
  readonly keep: (value: Expression) => Expression;
  /** factor · value, of a factor that is brought to all lanes before the loop: within, that takes a quarter of the time. */
  readonly times: (factor: number, value: Expression) => Expression;
}

/** The map of a line of values. */
export type AxisMap = (line: readonly Expression[], lanes: TileLanes) => Expression[];

/**
 * Transforms tiles; what is written must not overlap what is read.
 * @throws RangeError where an array has not all of them, or does not lie in the heap as a CPU device's tensors do
 */
export type TileTransform = (tiles: Tiles) => void;

/**
 * A transform of tiles of `size`² values by `axis` along rows and columns, then of each result by `finish`; compiled when
 * it runs first.
 */
export function tileTransform(
  size: number,
  axis: AxisMap,
  finish: (value: Expression) => Expression = (value) => value,
): TileTransform {
  let compiled: ((...parameters: number[]) => void) | undefined;
  const made = axis(Array<Expression>(size).fill(() => []), COUNTING).length;
  return ({ source, from, fromStep, target, to, toStep, tiles, channels }) => {
    if (tiles === 0 || channels === 0) return;
    compiled ??= functionOf(transformModule(size, axis, finish));
    const read = extentOf(from, fromStep, { size, tiles, channels });
    const written = extentOf(to, toStep, { size: made, tiles, channels });
    compiled(
      ...[addressWithin(source, read), fromStep.row * 4, fromStep.column * 4, fromStep.tile * 4],
      ...[addressWithin(target, written), toStep.row * 4, toStep.column * 4, toStep.tile * 4],
      ...[tiles, channels * 4],
    );
    countCopied(tiles * channels * (size ** 2 + made ** 2));
  };
}

/** The elements that tiles of `size`² places lie within, of which the first begins at `start`. */
function extentOf(
  start: number,
  steps: TileSteps,
  { size, tiles, channels }: { size: number; tiles: number; channels: number },
): { start: number; first: number; end: number } {
  const farthest = [steps.row * (size - 1), steps.column * (size - 1), steps.tile * (tiles - 1)];
  let first = start, last = start;
  for (const by of farthest) {
    first += Math.min(0, by);
    last += Math.max(0, by);
  }
  return { start, first, end: last + channels };
}

/** For knowing how many values a map makes. */
const COUNTING: TileLanes = { keep: (value) => value, times: (_, value) => value };

function transformModule(
  size: number,
  axis: AxisMap,
  finish: (value: Expression) => Expression,
): WebAssembly.Module {
  const { vectors, factors, code } = tileCode(size, axis, finish);
  const channels = [
    ...code,
    ...increase(READ, VECTOR_BYTES),
    ...increase(WRITE, VECTOR_BYTES),
  ];
  const tile = [
    ...[...set(READ, get(FROM)), ...set(WRITE, get(TO)), ...set(LAST, plus(get(FROM), get(BYTES)))],
    ...repeatUntilEqual(READ, LAST, channels),
    ...[...increase(FROM, get(FROM_TILE)), ...increase(TO, get(TO_TILE))],
  ];
  return moduleOf({
    parameters: PARAMETERS,
    locals: [[ADDRESSES, I64], [vectors, V128]],
    body: [...factors, ...countDown(TILES, 1, tile)],
  });
}

/** The code for the tile at {@link READ}, to {@link WRITE}, that for its factors, and how many vectors both keep. */
function tileCode(
  size: number,
  axis: AxisMap,
  finish: (value: Expression) => Expression,
): { vectors: number; factors: Code; code: Code } {
  const code: number[] = [], factors: number[] = [];
  let vectors = 0;
  const keepIn = (instructions: number[], value: Expression): Expression => {
    const local = VECTORS + vectors++;
    instructions.push(...set(local, value(0)));
    return () => get(local);
  };
  const keep = (value: Expression) => keepIn(code, value);
  const known = new Map<number, Expression>();
  const times = (factor: number, value: Expression) => {
    const lanes = known.get(factor) ?? keepIn(factors, constant(factor));
    known.set(factor, lanes);
    return multiply(lanes, value);
  };
  const rows: Expression[][] = [];
  code.push(...set(LINE, get(READ)));
  for (let row = 0; row < size; row++) {
    const line: Expression[] = [];
    code.push(...set(PLACE, get(LINE)));
    for (let column = 0; column < size; column++) {
      line.push(keep(load(PLACE)));
      code.push(...increase(PLACE, get(FROM_COLUMN)));
    }
    rows.push(axis(line, { keep, times }).map(keep));
    code.push(...increase(LINE, get(FROM_ROW)));
  }
  code.push(...set(LINE, get(WRITE)));
  for (let column = 0; column < rows[0]!.length; column++) {
    code.push(...set(PLACE, get(LINE)));
    for (const value of axis(rows.map((row) => row[column]!), { keep, times })) {
      code.push(...store(PLACE, finish(value))(0), ...increase(PLACE, get(TO_ROW)));
    }
    code.push(...increase(LINE, get(TO_COLUMN)));
  }
  return { vectors, factors, code };
}
