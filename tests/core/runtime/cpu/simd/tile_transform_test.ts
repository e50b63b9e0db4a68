import assert from "node:assert/strict";
import { heapScratch, lanes, tileTransform } from "../../../../../core/runtime/mod.ts";

const { add, relu, subtract } = lanes;

Deno.test("a map of a line is applied to rows and columns of every tile and channel, and its finish last", () => {
  // From (a, b) to (a − b, 2 (a + b), a): not square, and not symmetric.
  const transform = tileTransform(2, ([a, b], { keep, times }) => {
    const both = keep(add(a!, b!));
    return [subtract(a!, b!), times(2, both), a!];
  }, relu);
  const line = (a: number, b: number) => [a - b, 2 * (a + b), a];
  const tiles = 3, channels = 8;
  // Columns are read from right to left.
  const from = { row: 100, column: -12, tile: 24 }, to = { row: 24, column: 72, tile: channels };
  const memory = heapScratch(1000), start = 20, target = 500;
  memory.fill(-7);
  for (let i = 0; i < 250; i++) memory[i] = i * 37 % 23 - 11;
  const expected = memory.slice(target, target + 250);
  for (let tile = 0; tile < tiles; tile++) {
    for (let c = 0; c < channels; c++) {
      const at = (row: number, column: number) =>
        memory[start + row * from.row + column * from.column + tile * from.tile + c]!;
      const rows = [0, 1].map((row) => line(at(row, 0), at(row, 1)));
      for (let column = 0; column < 3; column++) {
        line(rows[0]![column]!, rows[1]![column]!).forEach((value, row) => {
          const place = row * to.row + column * to.column + tile * to.tile + c;
          expected[place] = Math.max(0, value);
        });
      }
    }
  }
  const places = { source: memory, from: start, target: memory, to: target };
  transform({ ...places, fromStep: from, toStep: to, tiles, channels });
  assert.deepEqual(memory.slice(target, target + 250), expected);
});

Deno.test("no tiles and no channels are no work", () => {
  const copy = tileTransform(1, (line) => [...line]);
  const memory = heapScratch(64).fill(3, 0, 16).fill(4, 16, 64);
  const step = { row: 4, column: 4, tile: 4 };
  const places = { source: memory, from: 0, target: memory, to: 32 };
  const run = (tiles: number, channels: number) =>
    copy({ ...places, fromStep: step, toStep: step, tiles, channels });
  run(0, 4);
  run(1, 0);
  assert.equal(memory[32], 4);
  run(1, 4);
  assert.deepEqual([...memory.subarray(30, 38)], [4, 4, 3, 3, 3, 3, 4, 4]);
  const beyond = { ...places, target: memory.subarray(0, 35), fromStep: step, toStep: step };
  assert.throws(() => copy({ ...beyond, tiles: 1, channels: 4 }), RangeError);
});
