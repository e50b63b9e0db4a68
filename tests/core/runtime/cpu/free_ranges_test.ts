import assert from "node:assert/strict";
import { FreeRanges } from "../../../../core/runtime/cpu/free_ranges.ts";
import { random } from "../../../_support/random.ts";

Deno.test("the first range that is long enough is taken, up to an end", () => {
  const free = new FreeRanges(100);
  assert.deepEqual([free.take(30), free.take(20), free.take(50)], [0, 30, 50]);
  assert.equal(free.take(1), undefined);
  free.give(30, 20);
  assert.equal(free.take(21), undefined);
  assert.equal(free.take(15, 44), undefined);
  assert.equal(free.take(15, 45), 30);
  assert.equal(free.take(5), 45);
});

Deno.test("ranges that are given back join their neighbours, in every order", () => {
  for (const order of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) {
    const free = new FreeRanges(60);
    for (let i = 0; i < 3; i++) free.take(20);
    for (const i of order) free.give(20 * i, 20);
    assert.equal(free.take(60), 0, `${order}`);
  }
});

Deno.test("what is free already is not taken back", () => {
  const free = new FreeRanges(100);
  free.take(60);
  free.give(20, 20);
  for (const [start, bytes] of [[20, 20], [30, 5], [10, 11], [39, 2], [50, 20], [80, 10]]) {
    assert.throws(() => free.give(start!, bytes!), /are free already/, `${start}, ${bytes}`);
  }
  free.give(40, 20);
  free.give(0, 20);
  assert.equal(free.take(100), 0);
});

Deno.test("ranges in use never overlap, and all that was given back can be taken whole", () => {
  const size = 1000, free = new FreeRanges(size), used = new Uint8Array(size);
  const taken: { start: number; bytes: number }[] = [], { uniform, integer } = random(7);
  for (let turn = 0; turn < 2000; turn++) {
    const bytes = 1 + integer(60), start = uniform() < 0.55 ? free.take(bytes) : undefined;
    if (start !== undefined) {
      assert.ok(used.subarray(start, start + bytes).every((use) => use === 0));
      used.fill(1, start, start + bytes);
      taken.push({ start, bytes });
    } else if (taken.length > 0) {
      const [range] = taken.splice(integer(taken.length), 1);
      free.give(range!.start, range!.bytes);
      used.fill(0, range!.start, range!.start + range!.bytes);
    }
  }
  for (const { start, bytes } of taken) free.give(start, bytes);
  assert.equal(free.take(size), 0);
});
