import assert from "node:assert/strict";
import { channelAffine } from "../../kernels/channel_affine/mod.ts";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

const targets = [...TARGETS, SPLIT_TARGET];

for (
  const shape of [[0, 2, 3, 4], [1, 1, 1, 1], [2, 3, 5, 7], [1, 1, 257, 4], [2, 9, 7, 13], [
    1,
    7,
    19,
    12,
  ]]
) {
  for (const relu of [false, true]) {
    const inputs = {
      x: floats(shape),
      residual: floats(shape, { seed: 2 }),
      scale: floats([shape[3]!], { seed: 3 }),
      shift: floats([shape[3]!], { seed: 4 }),
    };
    checkOp({
      name: `channelAffine ${shape.join("×")}${relu ? " relu" : ""}`,
      inputs,
      run: ({ x, scale, shift }) => channelAffine(x!, { scale: scale!, shift: shift!, relu }),
      gradients: ["x"],
      targets,
    });
    checkOp({
      name: `channelAffine ${shape.join("×")}${relu ? " relu" : ""} residual`,
      inputs,
      run: ({ x, residual, scale, shift }) =>
        channelAffine(x!, { scale: scale!, shift: shift!, residual: residual!, relu }),
      gradients: ["x", "residual"],
      targets,
    });
  }
}

checkOp({
  name: "channelAffine with a gradient for the residual alone",
  inputs: {
    x: floats([1, 2, 3, 5]),
    residual: floats([1, 2, 3, 5], { seed: 2 }),
    one: floats([5], { seed: 3 }),
  },
  run: ({ x, residual, one }) =>
    channelAffine(x!, { scale: one!, shift: one!, residual: residual!, relu: true }),
  gradients: ["residual"],
});

onDevices("channelAffine lets NaN pass its ReLU", async (device) => {
  const out = scope(() => {
    const x = fromArray(device, [1, 1, 3, 1], new Float32Array([NaN, -1, 2]));
    const one = fromArray(device, [1], new Float32Array([1]));
    return channelAffine(x, { scale: one, shift: one, relu: true });
  });
  assert.deepEqual([...await out.readFloats()], [NaN, 0, 3]);
  out.release();
});

Deno.test("channelAffine refuses a scale of another length", () => {
  scope(() => {
    const x = fromArray(reference, [1, 1, 1, 2], new Float32Array(2));
    const scale = fromArray(reference, [3], new Float32Array(3));
    assert.throws(() => channelAffine(x, { scale, shift: scale }), /scale.*must be 2: it is 3/);
  });
});
