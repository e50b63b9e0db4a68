import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { softmaxCrossEntropy } from "../../kernels/softmax_cross_entropy/mod.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

for (const [rows, classes] of [[0, 3], [1, 1], [1, 2], [7, 5], [65, 81], [300, 4]] as const) {
  const next = random(rows);
  checkOp({
    name: `softmaxCrossEntropy ${rows}×${classes}`,
    inputs: {
      logits: floats([rows, classes], { scale: 3 }),
      labels: ints([rows], Int32Array.from({ length: rows }, () => next.integer(classes + 1) - 1)),
    },
    run: ({ logits, labels }) => softmaxCrossEntropy(logits!, labels!),
    gradients: ["logits"],
  });
}
checkOp({
  name: "softmaxCrossEntropy without a label is 0",
  inputs: { logits: floats([3, 4]), labels: ints([3], [-1, -1, -1]) },
  run: ({ logits, labels }) => softmaxCrossEntropy(logits!, labels!),
  gradients: ["logits"],
});

onDevices("softmaxCrossEntropy of huge and equal logits", async (device) => {
  const losses = scope(() => {
    const huge = fromArray(device, [2, 2], new Float32Array([1e4, 0, 0, 1e4]));
    const equal = fromArray(device, [1, 4], new Float32Array(4));
    return [
      softmaxCrossEntropy(huge, fromArray(device, [2], new Int32Array([0, 0]))),
      softmaxCrossEntropy(equal, fromArray(device, [1], new Int32Array([2]))),
    ];
  });
  assert.equal((await losses[0]!.readFloats())[0], 5000);
  assert.ok(Math.abs((await losses[1]!.readFloats())[0]! - Math.log(4)) < 1e-6);
  for (const loss of losses) loss.release();
});

Deno.test("softmaxCrossEntropy refuses labels of another length", () => {
  scope(() => {
    const logits = fromArray(reference, [2, 3], new Float32Array(6));
    const labels = fromArray(reference, [3], new Int32Array(3));
    assert.throws(() => softmaxCrossEntropy(logits, labels), /labels.*must be 2: it is 3/);
  });
});
