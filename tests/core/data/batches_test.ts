import assert from "node:assert/strict";
import * as fc from "fast-check";
import { BatchPlan } from "../../../core/data/batches.ts";

const WIDE = { width: 40, height: 30 };
const TALL = { width: 30, height: 40 };
const SQUARE = { width: 30, height: 30 };

/** By definition: cut each group into batches, then order the batches by their first image. */
function expectedBatches(order: number[], groups: number[], size: number): number[][] {
  const batches: number[][] = [];
  for (const group of new Set(groups)) {
    const members = order.filter((index) => groups[index] === group);
    for (let i = 0; i < members.length; i += size) batches.push(members.slice(i, i + size));
  }
  const place = (batch: number[]) => order.indexOf(batch[0] ?? -1);
  return batches.sort((a, b) => place(a) - place(b));
}

Deno.test("BatchPlan groups wide against tall and square images, short batches kept", () => {
  const images = [WIDE, TALL, WIDE, SQUARE, WIDE, TALL];
  const plan = new BatchPlan(images, {
    batchSize: 2,
    seed: 1,
    shuffle: false,
    groupByAspect: true,
  });
  assert.deepEqual(plan.epoch(0), [[0, 2], [1, 3], [4], [5]]);
  assert.equal(plan.batchesPerEpoch, 4);
});

Deno.test("BatchPlan without shuffling or grouping is data-set order, again each epoch", () => {
  const images = [WIDE, TALL, WIDE, SQUARE, WIDE];
  const options = { batchSize: 2, seed: 1, shuffle: false, groupByAspect: false };
  const plan = new BatchPlan(images, options);
  const seen = [1, 2, 3, 4, 5, 6].map((iteration) => plan.batchAt(iteration));
  assert.deepEqual(seen, [[0, 1], [2, 3], [4], [0, 1], [2, 3], [4]]);
  assert.equal(plan.epochOf(3), 0);
  assert.equal(plan.epochOf(4), 1);
});

Deno.test("BatchPlan cuts every order as the original's grouped sampler defines it", () => {
  const kinds = fc.array(fc.constantFrom(WIDE, TALL, SQUARE), { minLength: 1, maxLength: 40 });
  fc.assert(fc.property(kinds, fc.integer({ min: 1, max: 5 }), fc.nat(), (images, size, seed) => {
    const options = { batchSize: size, seed, shuffle: true };
    const ungrouped = new BatchPlan(images, { ...options, groupByAspect: false, batchSize: 1 });
    const grouped = new BatchPlan(images, { ...options, groupByAspect: true });
    const order = ungrouped.epoch(3).flat();
    const groups = images.map(({ width, height }) => height / width >= 1 ? 1 : 0);
    assert.deepEqual(grouped.epoch(3), expectedBatches(order, groups, size));
    assert.equal(grouped.epoch(3).length, grouped.batchesPerEpoch);
  }));
});

Deno.test("BatchPlan gives any iteration without the ones before it", () => {
  const images = Array.from({ length: 23 }, (_, i) => i % 3 === 0 ? TALL : WIDE);
  const options = { batchSize: 4, seed: 11, shuffle: true, groupByAspect: true };
  const whole = new BatchPlan(images, options);
  const inOrder = Array.from({ length: 30 }, (_, i) => whole.batchAt(i + 1));
  for (const iteration of [30, 7, 1, 13]) {
    const resumed = new BatchPlan(images, options);
    assert.deepEqual(resumed.batchAt(iteration), inOrder[iteration - 1]);
  }
  const epoch = inOrder.slice(0, whole.batchesPerEpoch);
  assert.deepEqual(epoch.flat().toSorted((a, b) => a - b), images.map((_, i) => i));
});

Deno.test("BatchPlan's order differs between epochs and between seeds", () => {
  const images = Array.from({ length: 50 }, () => SQUARE);
  const options = { batchSize: 50, seed: 1, shuffle: true, groupByAspect: true };
  const plan = new BatchPlan(images, options);
  assert.notDeepEqual(plan.batchAt(1), plan.batchAt(2));
  assert.notDeepEqual(plan.batchAt(1), new BatchPlan(images, { ...options, seed: 2 }).batchAt(1));
});

Deno.test("BatchPlan refuses an empty set and iterations below 1", () => {
  const options = { batchSize: 2, seed: 1, shuffle: true, groupByAspect: true };
  assert.throws(() => new BatchPlan([], options), RangeError);
  assert.throws(() => new BatchPlan([WIDE], { ...options, batchSize: 0 }), RangeError);
  const plan = new BatchPlan([WIDE], options);
  for (const iteration of [0, -1, NaN, 1.5]) {
    assert.throws(() => plan.batchAt(iteration), RangeError, String(iteration));
  }
});
