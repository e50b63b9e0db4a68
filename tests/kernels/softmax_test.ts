import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { softmax } from "../../kernels/softmax/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices } from "../_support/devices.ts";

for (const [rows, classes] of [[0, 3], [1, 1], [7, 5], [130, 81]] as const) {
  checkOp({
    name: `softmax ${rows}×${classes}`,
    inputs: { x: floats([rows, classes], { scale: 4 }) },
    run: ({ x }) => softmax(x!),
  });
}

onDevices("softmax of huge logits", async (device) => {
  const out = scope(() =>
    softmax(fromArray(device, [2, 2], new Float32Array([1e5, 1e5, -1e5, 1e5])))
  );
  assert.deepEqual([...await out.readFloats()], [0.5, 0.5, 0, 1]);
  out.release();
});
