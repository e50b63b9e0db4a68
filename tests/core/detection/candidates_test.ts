import assert from "node:assert/strict";
import { candidatesOf, mergeCandidates } from "../../../core/detection/candidates.ts";
import { collectDetections, type Detections } from "../../../core/detection/detections.ts";
import { fromArray, scope } from "../../../core/runtime/mod.ts";
import { classNms } from "../../../kernels/mod.ts";
import { randomBoxes } from "../../_support/boxes.ts";
import { onDevices } from "../../_support/devices.ts";
import { random } from "../../_support/random.ts";

const OPTIONS = { iouThreshold: 0.5, limit: 100 };

/** Candidates from rows of x1, y1, x2, y2, score, label. */
function candidates(rows: readonly (readonly number[])[]): Detections {
  return {
    boxes: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
    scores: Float32Array.from(rows, (row) => row[4]!),
    labels: Int32Array.from(rows, (row) => row[5]!),
  };
}

Deno.test("candidatesOf() takes scores strictly above the float32 threshold, and no background", () => {
  const threshold = Math.fround(0.05);
  const scores = [0.9, threshold, 0.06, 0.9, 0.2, 0.05000001];
  const boxes = Array.from({ length: 24 }, (_, i) => i);
  const found = candidatesOf({ scores, boxes }, { classes: 3, threshold: 0.05 });
  assert.deepEqual([...found.labels], [2, 1, 2]);
  assert.deepEqual([...found.boxes], [8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23]);
  assert.deepEqual(found.scores, Float32Array.of(0.06, 0.2, 0.05000001));
});

Deno.test("mergeCandidates() suppresses within a class over all passes, strictly above the threshold", () => {
  const [box, near] = [[0, 0, 9, 9], [0, 0, 9, 10]];
  const half = [0, 0, 9, 4]; // IoU 0.5 with the first: both stay
  const merged = mergeCandidates([
    candidates([[...box, 0.6, 1], [...half, 0.5, 1]]),
    candidates([[...near, 0.7, 1], [...box, 0.4, 2]]),
  ], OPTIONS);
  assert.deepEqual([...merged.labels], [1, 1, 2]);
  assert.deepEqual(merged.scores, Float32Array.of(0.5, 0.7, 0.4));
  assert.deepEqual([...merged.boxes.subarray(4, 8)], near);
  const exact = mergeCandidates([candidates([[...box, 0.6, 1], [...half, 0.5, 1]])], OPTIONS);
  assert.equal(exact.labels.length, 2);
});

Deno.test("mergeCandidates() gives equal scores to the earlier pass, and ties beyond the limit", () => {
  const twice = mergeCandidates([
    candidates([[0, 0, 9, 9, 0.5, 1]]),
    candidates([[0, 0, 9, 8, 0.5, 1]]),
  ], OPTIONS);
  assert.deepEqual([...twice.boxes], [0, 0, 9, 9]);
  const apart = [0.5, 0.7, 0.5, 0.9].map((score, i) => [i * 20, 0, i * 20 + 9, 9, score, 1]);
  const best = mergeCandidates([candidates(apart)], { ...OPTIONS, limit: 3 });
  assert.deepEqual(best.scores, Float32Array.of(0.5, 0.7, 0.5, 0.9));
  assert.equal(mergeCandidates([candidates(apart)], { ...OPTIONS, limit: 2 }).labels.length, 2);
});

Deno.test("mergeCandidates() takes no candidates, and more than a device's NMS does", () => {
  assert.equal(mergeCandidates([candidates([]), candidates([])], OPTIONS).labels.length, 0);
  const many = Array.from({ length: 17_000 }, (_, i) => [0, 0, 9, 9, (i + 1) / 20_000, 1]);
  assert.deepEqual([...mergeCandidates([candidates(many)], OPTIONS).scores], [
    Math.fround(0.85),
  ]);
});

onDevices("one pass merged is what NMS on the device leaves", async (device) => {
  const [rows, classes, threshold] = [120, 4, 0.05];
  const next = random(21);
  const scores = Float32Array.from({ length: rows * classes }, () => next.uniform() ** 3);
  const boxes = Float32Array.from(randomBoxes(rows * classes, { seed: 4 }));
  const keep = scope(() =>
    classNms({
      scores: fromArray(device, [1, rows, classes], scores),
      boxes: fromArray(device, [1, rows, classes, 4], boxes),
      counts: fromArray(device, [1], Int32Array.of(rows)),
    }, { scoreThreshold: threshold, iouThreshold: 0.3 })
  );
  const marks = await keep.readInts();
  keep.release();
  const limit = 40;
  const expected = collectDetections({ scores, boxes, keep: marks }, { classes, limit });
  const pass = candidatesOf({ scores, boxes }, { classes, threshold });
  assert.ok(pass.labels.length > expected.labels.length && expected.labels.length === limit);
  assert.deepEqual(mergeCandidates([pass], { iouThreshold: 0.3, limit }), expected);
});
