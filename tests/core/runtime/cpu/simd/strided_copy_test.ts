import assert from "node:assert/strict";
import { heapScratch, runCopier } from "../../../../../core/runtime/mod.ts";

Deno.test("runs of every length are copied whole, and nothing beside them is touched", () => {
  for (const length of [4, 5, 7, 8, 21, 22, 40]) {
    const memory = heapScratch(700);
    const runs = { from: 300, to: 3, count: 5, fromStep: 6, toStep: length + 2 };
    const expected = Float32Array.from({ length: 700 }, (_, i) => i);
    memory.set(expected);
    for (let run = 0; run < runs.count; run++) {
      for (let i = 0; i < length; i++) {
        expected[runs.to + run * runs.toStep + i] = runs.from + run * runs.fromStep + i;
      }
    }
    runCopier(length)({ source: memory, target: memory, ...runs });
    assert.deepEqual(memory.slice(0, 700), expected, `runs of ${length}`);
  }
});

Deno.test("the memory grows and keeps to what was asked for; no run is no work", () => {
  const many = 2 ** 16;
  assert.ok(heapScratch(16).length >= 16);
  const memory = heapScratch(many),
    places = { source: memory, target: memory, fromStep: 1, toStep: 1 };
  assert.ok(memory.length >= many);
  memory.fill(7, 0, 16);
  runCopier(4)({ ...places, from: many - 4, to: 0, count: 0 });
  assert.deepEqual([...memory.subarray(0, 4)], [7, 7, 7, 7]);
  runCopier(4)({ ...places, from: 0, to: many - 4, count: 1 });
  const { length } = memory;
  assert.throws(() => runCopier(4)({ ...places, from: 0, to: length - 3, count: 1 }), RangeError);
  assert.throws(() => runCopier(4)({ ...places, from: length - 4, to: 0, count: 2 }), RangeError);
  assert.deepEqual([...memory.subarray(many - 4, many)], [7, 7, 7, 7]);
});

Deno.test("runs shorter than a vector are refused", () => {
  assert.throws(() => runCopier(3), RangeError);
});
