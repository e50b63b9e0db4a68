import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { concatLevels } from "../../kernels/concat_levels/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";

checkOp({
  name: "concatLevels of three levels of boxes",
  inputs: {
    a: floats([2, 5, 7, 12]),
    b: floats([2, 3, 4, 12], { seed: 2 }),
    c: floats([2, 1, 1, 12], { seed: 3 }),
  },
  run: ({ a, b, c }) => concatLevels([a!, b!, c!], { width: 4 }),
  gradients: ["a", "b", "c"],
});
checkOp({
  name: "concatLevels of seven levels",
  inputs: Object.fromEntries(
    Array.from({ length: 7 }, (_, l) => [`p${l}`, floats([2, 7 - l, 2, 4], { seed: l + 1 })]),
  ),
  run: (levels) => concatLevels(Object.values(levels), { width: 4 }),
  gradients: ["p0", "p3", "p4", "p5", "p6"],
});
checkOp({
  name: "concatLevels of logits, flat",
  inputs: { a: floats([3, 5, 2, 3]), b: floats([3, 2, 1, 3], { seed: 2 }) },
  run: ({ a, b }) => concatLevels([a!, b!], { width: 1, flat: true }),
  gradients: ["a", "b"],
});
checkOp({
  name: "concatLevels with an empty level",
  inputs: { a: floats([1, 0, 2, 4]), b: floats([1, 1, 1, 4], { seed: 2 }) },
  run: ({ a, b }) => concatLevels([a!, b!], { width: 4 }),
  gradients: ["a", "b"],
});

onDevices("concatLevels keeps images apart and levels in order", async (device) => {
  const out = scope(() => {
    const a = fromArray(device, [2, 1, 2, 1], new Float32Array([1, 2, 11, 12]));
    const b = fromArray(device, [2, 1, 1, 1], new Float32Array([3, 13]));
    return concatLevels([a, b], { width: 1 });
  });
  assert.deepEqual(out.shape, [2, 3, 1]);
  assert.deepEqual([...await out.readFloats()], [1, 2, 3, 11, 12, 13]);
  out.release();
});

Deno.test("concatLevels refuses levels that do not fit", () => {
  scope(() => {
    const a = fromArray(reference, [1, 1, 1, 6], new Float32Array(6));
    assert.throws(() => concatLevels([a], { width: 4 }), /1×1×1×6 as it must be \[1, H, W/);
    assert.throws(() => concatLevels([], { width: 4 }), /no levels/);
    assert.throws(() => concatLevels([a], { width: 2, flat: true }), /rows of 2 numbers flat/);
  });
});
