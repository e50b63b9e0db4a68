import assert from "node:assert/strict";
import { backwardFrom, fromArray, full, record, scope } from "../../core/runtime/mod.ts";
import { smoothL1Anchors, smoothL1Rois } from "../../kernels/smooth_l1/mod.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

for (
  const [images, anchors, samples, beta] of [
    [1, 1, 1, 1],
    [2, 67, 16, 1 / 9],
    [3, 700, 300, 0.5],
    [0, 4, 2, 1],
  ] as const
) {
  const next = random(7);
  const labels = Int32Array.from({ length: images * anchors }, () => next.integer(3) - 1);
  const indices = Int32Array.from({ length: images * samples }, (_, i) => {
    const n = Math.floor(i / samples), b = i % samples;
    // Every second anchor; image n lacks its last n samples.
    return b < samples - n ? b * 2 % anchors : -1;
  });
  if (samples === 1) labels.fill(1);
  checkOp({
    name: `smoothL1Anchors ${images}×${anchors} beta ${beta.toFixed(2)}`,
    inputs: {
      pred: floats([images, anchors, 4]),
      targets: floats([images, anchors, 4], { seed: 2 }),
      labels: ints([images, anchors], labels),
      indices: ints([images, samples], indices),
    },
    run: ({ pred, targets, labels, indices }) =>
      smoothL1Anchors(pred!, { targets: targets!, labels: labels!, indices: indices!, beta }),
    gradients: ["pred"],
  });
}

for (
  const [rows, classes, beta] of [[0, 3, 1], [1, 2, 1], [67, 5, 0.3], [130, 81, 1e-3]] as const
) {
  const next = random(rows + 1);
  const labels = Int32Array.from({ length: rows }, () => next.integer(classes + 1) - 1);
  if (rows === 1) labels.fill(1);
  for (const classAgnostic of [false, true]) {
    checkOp({
      name: `smoothL1Rois ${rows}×${classes} beta ${beta}${classAgnostic ? " agnostic" : ""}`,
      inputs: {
        pred: floats([rows, 4 * (classAgnostic ? 2 : classes)]),
        targets: floats([rows, 4], { seed: 2 }),
        labels: ints([rows], labels),
      },
      run: ({ pred, targets, labels }) =>
        smoothL1Rois(pred!, { targets: targets!, labels: labels!, beta, classAgnostic }),
      gradients: ["pred"],
    });
  }
}

checkOp({
  name: "smoothL1Rois without a positive label is 0",
  inputs: { pred: floats([3, 8]), targets: floats([3, 4]), labels: ints([3], [-1, 0, -1]) },
  run: ({ pred, targets, labels }) =>
    smoothL1Rois(pred!, { targets: targets!, labels: labels!, beta: 1 }),
  gradients: ["pred"],
});
checkOp({
  name: "smoothL1Anchors without a sample is 0",
  inputs: {
    pred: floats([1, 3, 4]),
    targets: floats([1, 3, 4], { seed: 2 }),
    labels: ints([1, 3], [1, 1, 1]),
    indices: ints([1, 2], [-1, -1]),
  },
  run: ({ pred, targets, labels, indices }) =>
    smoothL1Anchors(pred!, { targets: targets!, labels: labels!, indices: indices!, beta: 1 }),
  gradients: ["pred"],
});

for (const beta of [1e-6, 1e-30, 1e-42, 1e-300]) {
  onDevices(
    `smoothL1Rois with beta ${beta} is |d|, and exact predictions stay finite`,
    async (device) => {
      const { loss, dPred } = scope(() => {
        const pred = fromArray(
          device,
          [2, 8],
          Float32Array.of(9, 9, 9, 9, 1, -2, 3, 0, 9, 9, 9, 9, 5, 5, 5, 5),
        );
        pred.requiresGrad = true;
        const targets = fromArray(device, [2, 4], new Float32Array([0, 0, 0, 0, 5, 5, 5, 5]));
        const labels = fromArray(device, [2], new Int32Array([1, 1]));
        const { result, tape } = record(() => smoothL1Rois(pred, { targets, labels, beta }));
        const gradient = full(device, [], 2);
        const gradients = backwardFrom(tape, [{ output: result, gradient }]);
        return { loss: result, dPred: gradients.get(pred.id)! };
      });
      assert.ok(Math.abs((await loss.readFloats())[0]! - 3) < 1e-5);
      assert.deepEqual(
        [...await dPred.readFloats()].map((value) => value + 0),
        [0, 0, 0, 0, 1, -1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      );
      loss.release();
      dPred.release();
    },
  );
}

Deno.test("smoothL1 refuses a beta that is not above 0", () => {
  scope(() => {
    const pred = fromArray(reference, [1, 8], new Float32Array(8));
    const targets = fromArray(reference, [1, 4], new Float32Array(4));
    const labels = fromArray(reference, [1], new Int32Array(1));
    for (const beta of [0, -1, NaN]) {
      assert.throws(() => smoothL1Rois(pred, { targets, labels, beta }), RangeError);
    }
    const boxes = fromArray(reference, [1, 1, 4], new Float32Array(4));
    const one = fromArray(reference, [1, 1], new Int32Array(1));
    assert.throws(
      () => smoothL1Anchors(boxes, { targets: boxes, labels: one, indices: one, beta: 0 }),
      /beta must be above 0: it is 0/,
    );
    assert.throws(
      () => smoothL1Rois(boxes.view([1, 4]), { targets, labels, beta: 1 }),
      /pred.*must be 1×8: it is 1×4/,
    );
  });
});
