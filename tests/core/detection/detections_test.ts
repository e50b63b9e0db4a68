import assert from "node:assert/strict";
import * as fc from "fast-check";
import { collectDetections } from "../../../core/detection/detections.ts";

/** Boxes that name their place: proposal p, class c has (p, c, p + 1, c + 1). */
function boxesOf(proposals: number, classes: number): number[] {
  return Array.from({ length: proposals * classes }, (_, at) => {
    const p = Math.floor(at / classes), c = at % classes;
    return [p, c, p + 1, c + 1];
  }).flat();
}

function collect(scores: number[], keep: number[], classes: number, limit: number) {
  const boxes = boxesOf(scores.length / classes, classes);
  const found = collectDetections({ scores, boxes, keep }, { classes, limit });
  const places = Array.from(found.labels, (_, i) => [found.boxes[i * 4]!, found.boxes[i * 4 + 1]!]);
  return { ...found, places };
}

Deno.test("collectDetections() orders by class, then proposal, whatever the scores", () => {
  const scores = [9, 0.5, 0.25, 9, 0.75, 1];
  const found = collect(scores, [1, 1, 1, 1, 1, 1], 3, 100);
  assert.deepEqual(found.places, [[0, 1], [1, 1], [0, 2], [1, 2]]);
  assert.deepEqual([...found.labels], [1, 1, 2, 2]);
  assert.deepEqual([...found.scores], [0.5, 0.75, 0.25, 1]);
  assert.deepEqual([...found.boxes.subarray(0, 4)], [0, 1, 1, 2]);
});

Deno.test("collectDetections() takes no box that is not kept, and never the background", () => {
  const found = collect([1, 1, 1, 1], [1, 0, 1, 1], 2, 100);
  assert.deepEqual(found.places, [[1, 1]]);
  assert.equal(collect([1, 1], [1, 0], 2, 1).labels.length, 0);
});

Deno.test("collectDetections() keeps the best up to the limit, and ties with the last beyond it", () => {
  const scores = [0, 0.9, 0, 0.5, 0, 0.7, 0, 0.5, 0, 0.1];
  const keep = scores.map(() => 1);
  assert.deepEqual([...collect(scores, keep, 2, 2).scores].map((s) => s.toFixed(1)), [
    "0.9",
    "0.7",
  ]);
  assert.equal(collect(scores, keep, 2, 3).scores.length, 4);
  assert.equal(collect(scores, keep, 2, 4).scores.length, 4);
  assert.equal(collect(scores, keep, 2, 5).scores.length, 5);
  assert.equal(collect(scores, keep, 2, 0).scores.length, 5);
});

Deno.test("collectDetections() takes no box with a side below the least", () => {
  const given = {
    scores: [0, 0.9, 0, 0.8, 0, 0.7],
    boxes: [
      ...[0, 0, 0, 0, 5, 5, 5.005, 9],
      ...[0, 0, 0, 0, 5, 5, 9, 5.02],
      // Less than a pixel high, as inclusive boxes may be.
      ...[0, 0, 0, 0, 5, 5, 9, 4.9],
    ],
    keep: [0, 1, 0, 1, 0, 1],
  };
  const options = { classes: 2, limit: 3 };
  const near = (found: ArrayLike<number>) => Array.from(found, (score) => Number(score.toFixed(3)));
  assert.deepEqual(near(collectDetections(given, { ...options, minSize: 0.01 }).scores), [0.8]);
  assert.deepEqual(near(collectDetections(given, options).scores), [0.9, 0.8, 0.7]);
});

Deno.test("collectDetections() of nothing is empty", () => {
  const found = collectDetections({ scores: [], boxes: [], keep: [] }, { classes: 81, limit: 100 });
  assert.deepEqual([found.boxes.length, found.scores.length, found.labels.length], [0, 0, 0]);
});

Deno.test("collectDetections() refuses arrays of different sizes", () => {
  const options = { classes: 2, limit: 1 };
  for (const [scores, boxes, keep] of [[3, 12, 3], [4, 12, 4], [4, 16, 2]] as const) {
    assert.throws(
      () =>
        collectDetections({
          scores: new Array<number>(scores),
          boxes: new Array<number>(boxes),
          keep: new Array<number>(keep),
        }, options),
      RangeError,
    );
  }
});

Deno.test("collectDetections(): any input keeps exactly those that fewer than `limit` beat", () => {
  const entry = fc.tuple(fc.constantFrom(0.1, 0.2, 0.5, 1), fc.constantFrom(0, 1));
  const rows = fc.array(fc.tuple(entry, entry, entry), { maxLength: 15 });
  fc.assert(fc.property(rows, fc.integer({ min: 1, max: 12 }), (rows, limit) => {
    const entries = rows.flat();
    const kept = entries.filter(([, keep], at) => keep === 1 && at % 3 !== 0);
    const found = collect(entries.map(([s]) => s), entries.map(([, k]) => k), 3, limit);
    const expected = kept.filter(([s]) => kept.filter(([other]) => other > s).length < limit);
    assert.equal(found.scores.length, expected.length);
    assert.deepEqual(
      [...found.scores].sort(),
      [...Float32Array.from(expected, ([s]) => s)].sort(),
    );
  }));
});
