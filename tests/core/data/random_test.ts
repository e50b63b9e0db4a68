import assert from "node:assert/strict";
import { hash32, permutation, RandomStream, uniform } from "../../../core/data/random.ts";

Deno.test("hash32() depends on every key and on their order", () => {
  const values = [[1, 2, 3], [1, 3, 2], [2, 2, 3], [1, 2], [1, 2, 3, 0], []].map(hash32);
  assert.equal(new Set(values).size, values.length);
  assert.equal(hash32([1, 2, 3]), hash32([1, 2, 3]));
});

Deno.test("hash32() gives the values that it always gave, as runs resume by them", () => {
  assert.deepEqual([hash32([0]), hash32([1]), hash32([-1, 2 ** 32 - 1])], FROZEN);
});
const FROZEN = [3653269916, 4293442868, 2415793396];

Deno.test("uniform() over consecutive keys has the mean and spread of a uniform number", () => {
  const draws = Array.from({ length: 20_000 }, (_, i) => uniform([5, i]));
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(variance - 1 / 12) < 0.002, `variance ${variance}`);
  const pairs = draws.slice(1).map((value, i) => (value - mean) * ((draws[i] ?? 0) - mean));
  const covariance = pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  assert.ok(Math.abs(covariance) < 0.002, `neighbours' covariance ${covariance}`);
});

Deno.test("permutation() holds every index once and differs between keys", () => {
  const order = permutation(100, [3, 1]);
  assert.deepEqual(order.toSorted(), Int32Array.from({ length: 100 }, (_, i) => i));
  assert.deepEqual(order, permutation(100, [3, 1]));
  assert.notDeepEqual(order, permutation(100, [3, 2]));
  assert.equal(permutation(0, [1]).length, 0);
});

Deno.test("permutation() puts each element first about equally often", () => {
  const first = new Array<number>(5).fill(0);
  for (let i = 0; i < 5000; i++) {
    const at = permutation(5, [9, i])[0] ?? 0;
    first[at] = (first[at] ?? 0) + 1;
  }
  for (const count of first) assert.ok(count > 850 && count < 1150, String(first));
});

Deno.test("RandomStream stays within its bounds and repeats for the same keys", () => {
  const [a, b] = [new RandomStream([1, 2]), new RandomStream([1, 2])];
  for (let i = 0; i < 500; i++) {
    const value = a.int(6);
    assert.ok(Number.isInteger(value) && value >= 0 && value < 6);
    assert.equal(b.int(6), value);
  }
  const between = a.between(-2, 3);
  assert.ok(between >= -2 && between < 3);
});
