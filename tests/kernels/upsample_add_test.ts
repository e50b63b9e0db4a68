import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { upsampleAdd } from "../../kernels/upsample_add/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

const CASES: [number[], number[]][] = [
  [[0, 2, 3, 4], [0, 4, 6, 4]],
  [[1, 1, 1, 1], [1, 1, 1, 1]],
  [[1, 1, 1, 3], [1, 2, 2, 3]],
  [[2, 1, 1, 4], [2, 1, 1, 4]],
  [[2, 3, 4, 5], [2, 6, 8, 5]],
  [[2, 3, 4, 5], [2, 5, 7, 5]],
  [[1, 9, 7, 6], [1, 17, 14, 6]],
  [[3, 11, 2, 7], [3, 22, 3, 7]],
  [[2, 5, 8, 12], [2, 9, 15, 12]],
  [[3, 2, 3, 8], [3, 4, 6, 8]],
];

for (const [top, lateral] of CASES) {
  checkOp({
    name: `upsampleAdd ${top.join("×")} to ${lateral.join("×")}`,
    inputs: { top: floats(top), lateral: floats(lateral, { seed: 2 }) },
    run: ({ top, lateral }) => upsampleAdd(top!, lateral!),
    gradients: ["top", "lateral"],
    targets: [...TARGETS, SPLIT_TARGET],
  });
}

onDevices("upsampleAdd to an odd map takes floor(x·w / W)", async (device) => {
  const out = scope(() => {
    const top = fromArray(device, [1, 1, 3, 1], new Float32Array([10, 20, 30]));
    const lateral = fromArray(device, [1, 1, 5, 1], new Float32Array([1, 2, 3, 4, 5]));
    return upsampleAdd(top, lateral);
  });
  // floor(0, 0.6, 1.2, 1.8, 2.4)
  assert.deepEqual([...await out.readFloats()], [11, 12, 23, 24, 35]);
  out.release();
});

Deno.test("upsampleAdd refuses a map of another scale", () => {
  scope(() => {
    const top = fromArray(reference, [1, 2, 2, 1], new Float32Array(4));
    const lateral = fromArray(reference, [1, 4, 5, 1], new Float32Array(20));
    assert.throws(() => upsampleAdd(top, lateral), /1×2×2×1 upsampled to 1×4×5×1/);
  });
});
