import assert from "node:assert/strict";
import { takeBlock } from "../../../../../core/runtime/cpu/heap.ts";
import { lanes, runLoop, suitsRuns, vectorLoop } from "../../../../../core/runtime/mod.ts";

const { add, choose, either, isEqual, isGreater, isNaN } = lanes;

/** The numbers in the heap, as tensors are. */
function inHeap(values: Float32Array): Float32Array {
  const { buffer, at } = takeBlock(values.byteLength);
  const array = new Float32Array(buffer, at, values.length);
  array.set(values);
  return array;
}

const sumUp = runLoop({ streams: ["x", "sum"], outputs: ({ x, sum }) => ({ sum: add(x, sum) }) });

for (const [where, place] of [["in", inHeap], ["outside of", (x: Float32Array) => x]] as const) {
  Deno.test(`a loop over runs ${where} the heap reads and writes those, and nothing beside them`, () => {
    for (const length of [4, 8, 16, 20, 68]) {
      const x = place(Float32Array.from({ length: 700 }, (_, i) => i));
      const sum = place(new Float32Array(900).fill(1)), expected = new Float32Array(900).fill(1);
      const at = { x: { from: 2, step: 72 }, sum: { from: 3, step: 100 } };
      for (let run = 0; run < 8; run++) {
        for (let i = 0; i < length; i++) expected[3 + run * 100 + i]! += 2 + run * 72 + i;
      }
      sumUp({ x, sum }, { length, count: 8, at });
      assert.deepEqual(sum, expected, `runs of ${length}`);
      sumUp({ x, sum }, { length, count: 0, at });
      assert.deepEqual(sum, expected, "no run");
    }
  });
}

Deno.test("runs that are added to the same elements are added one after the other", () => {
  const x = inHeap(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)), sum = inHeap(new Float32Array(4));
  sumUp({ x, sum }, {
    length: 4,
    count: 2,
    at: { x: { from: 0, step: 4 }, sum: { from: 0, step: 0 } },
  });
  assert.deepEqual(sum, Float32Array.of(6, 8, 10, 12));
});

Deno.test("masks choose lane by lane, and know NaN", () => {
  const loop = runLoop({
    streams: ["a", "b"],
    outputs: ({ a, b }) => ({
      most: choose(either(isGreater(a, b), isNaN(a)), a, b),
      same: choose(isEqual(a, b), a, lanes.constant(-1)),
    }),
  });
  const a = Float32Array.of(1, 2, NaN, -0), b = Float32Array.of(0, 2, 5, NaN);
  const most = new Float32Array(4), same = new Float32Array(4), start = { from: 0, step: 4 };
  loop({ a, b, most, same }, {
    length: 4,
    count: 1,
    at: { a: start, b: start, most: start, same: start },
  });
  assert.deepEqual([...most], [1, 2, NaN, NaN]);
  assert.deepEqual([...same], [-1, 2, -1, -1]);
});

Deno.test("runs suit float32 in whole vectors that fit", () => {
  const single = { a: new Float32Array(1) };
  assert.deepEqual([4, 6, 4096, 4100].map((length) => suitsRuns(single, length)), [
    true,
    false,
    true,
    false,
  ]);
  assert.ok(!suitsRuns({ ...single, b: new Float64Array(1) }, 4));
});

Deno.test("loops that would reach beyond an array are refused before they write", () => {
  const x = inHeap(new Float32Array(64).fill(1)), sum = inHeap(new Float32Array(64));
  const places = (from: number, step: number) => ({ x: { from: 0, step: 8 }, sum: { from, step } });
  for (const [from, step, count] of [[0, 16, 5], [4, 20, 4], [-4, 8, 1]] as const) {
    assert.throws(
      () => sumUp({ x, sum }, { length: 4, count, at: places(from, step) }),
      /An array of 64 elements has none/,
    );
  }
  sumUp({ x, sum }, { length: 4, count: 4, at: places(0, 20) });
  const whole = vectorLoop({ streams: ["x"], outputs: ({ x }) => ({ sum: x }) });
  assert.throws(() => whole({ x, sum: sum.subarray(0, 32) }, { end: 64 }), RangeError);
  assert.equal(sum.reduce((a, b) => a + b), 16);
});
