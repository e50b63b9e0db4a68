import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { relu } from "../../kernels/relu/mod.ts";
import { reshape } from "../../kernels/reshape/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";

checkOp({
  name: "reshape 2×3×4 to 6×4",
  inputs: { x: floats([2, 3, 4]) },
  run: ({ x }) => reshape(x!, [6, 4]),
  gradients: ["x"],
});
checkOp({
  name: "reshape of nothing",
  inputs: { x: floats([0, 3]) },
  run: ({ x }) => reshape(x!, [3, 0, 2]),
  gradients: ["x"],
});
checkOp({
  name: "reshape between operators, x used twice",
  inputs: { x: floats([3, 5]) },
  run: ({ x }) => [relu(reshape(x!, [15])), reshape(relu(x!), [5, 3])],
  gradients: ["x"],
});

Deno.test("reshape refuses another size", () => {
  scope(() => {
    const x = fromArray(reference, [2, 3], new Float32Array(6));
    assert.throws(() => reshape(x, [4]), /view 2×3 as 4/);
  });
});

Deno.test("reshape keeps the memory alive while either tensor lives, and no longer", () => {
  const before = reference.memory().liveBytes;
  const view = scope(() =>
    reshape(fromArray(reference, [2, 3], new Float32Array([1, 2, 3, 4, 5, 6])), [6])
  );
  assert.deepEqual([...reference.floats(view.slot)], [1, 2, 3, 4, 5, 6]);
  assert.ok(reference.memory().liveBytes > before);
  view.release();
  assert.equal(reference.memory().liveBytes, before);
});
