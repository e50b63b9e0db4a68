import assert from "node:assert/strict";
import { empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { roiLabels } from "../../kernels/roi_labels/mod.ts";
import { checkOp, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

for (const [images, rows, truths] of [[1, 1, 1], [3, 77, 5], [2, 0, 4], [2, 9, 0]] as const) {
  const next = random(rows);
  const length = images * rows;
  checkOp({
    name: `roiLabels ${images}×${rows}, ${truths} truths`,
    inputs: {
      matches: ints([images, rows], Array.from({ length }, () => next.integer(truths + 2) - 2)),
      truthLabels: ints(
        [images, truths],
        Array.from({ length: images * truths }, () => 1 + next.integer(80)),
      ),
      boxCounts: ints([images], Array.from({ length: images }, () => next.integer(rows + 1))),
    },
    run: ({ matches, truthLabels, boxCounts }) =>
      roiLabels({ matches: matches!, truthLabels: truthLabels!, boxCounts: boxCounts! }),
  });
}

onDevices("roiLabels() gives classes, background, ignored and padding", async (device) => {
  const labels = scope(() =>
    roiLabels({
      matches: fromArray(device, [2, 4], new Int32Array([1, -1, -2, 0, 0, 0, -1, -1])),
      truthLabels: fromArray(device, [2, 2], new Int32Array([7, 80, 3, 4])),
      boxCounts: fromArray(device, [2], new Int32Array([4, 1])),
    })
  );
  assert.deepEqual([...await labels.readInts()], [80, 0, -1, 7, 3, -1, -1, -1]);
  labels.release();
});

Deno.test("roiLabels() refuses shapes that do not fit", () => {
  scope(() => {
    const matches = empty(reference, [2, 3], "i32"), truthLabels = empty(reference, [2, 1], "i32");
    const boxCounts = empty(reference, [3], "i32");
    assert.throws(() => roiLabels({ matches, truthLabels, boxCounts }), RangeError);
  });
});
