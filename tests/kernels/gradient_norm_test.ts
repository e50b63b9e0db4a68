import assert from "node:assert/strict";
import { DryDevice, empty, fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { gradientNorm } from "../../kernels/gradient_norm/mod.ts";
import { asGpu } from "../_support/check_exact.ts";
import { checkOp, checkTarget, floats, type OpCase } from "../_support/check_op.ts";
import { FEW_BINDINGS, onDevices, type Target, TARGETS } from "../_support/devices.ts";

/** One binding holds a chunk or more, but not the largest tensor here. */
const SPLIT: Target = {
  name: "webgpu, bindings of 128 KiB",
  kind: "webgpu",
  maxBindingBytes: 131072,
};

for (const maxNorm of [0, 1, 1e6]) {
  checkOp({
    name: `gradientNorm clipped to ${maxNorm}`,
    inputs: {
      a: floats([3, 5]),
      b: floats([0], { seed: 2 }),
      c: floats([70001], { seed: 3 }),
      d: floats([16384], { seed: 4 }),
      loss: floats([2], { seed: 5 }),
    },
    run: ({ a, b, c, d, loss }) => gradientNorm([a!, b!, c!, d!], { maxNorm, losses: [loss!] }),
    targets: [...TARGETS, SPLIT],
  });
}

// More tensors than a launch takes, of sizes that are read by vectors, of such that are not, and empty ones.
const fortyTensors: OpCase = {
  name: "gradientNorm of forty tensors",
  inputs: Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => {
      const size = (i * 37) % 90 * (i % 2 === 0 ? 201 : 4);
      return [`t${i}`, floats([size], { seed: i + 1 })];
    }),
  ),
  run: (inputs) => {
    const [loss, ...gradients] = Object.values(inputs);
    return gradientNorm(gradients, { maxNorm: 1, losses: [loss!] });
  },
  targets: [...TARGETS, SPLIT, FEW_BINDINGS],
};
checkOp(fortyTensors);
onDevices(
  "gradientNorm of forty tensors with a GPU's workgroups",
  (device) => checkTarget(fortyTensors, asGpu(device), FEW_BINDINGS),
  [FEW_BINDINGS],
);

Deno.test("gradientNorm launches as many tensors at once as the device binds", () => {
  const launches = (maxBindings: number, size: number) => {
    const device = new DryDevice({ maxBindings });
    scope(() => {
      gradientNorm(Array.from({ length: 30 }, () => empty(device, [size])), { maxNorm: 1 });
    });
    return device.launches.get("gradient_norm_sum_squares");
  };
  assert.equal(launches(8, 4), 5);
  assert.equal(launches(15, 4), 5);
  assert.equal(launches(16, 4), 2);
  assert.equal(launches(16, 5), 5);
});

onDevices("gradientNorm by hand", async (device) => {
  const state = scope(() =>
    gradientNorm([
      fromArray(device, [1], new Float32Array([3])),
      fromArray(device, [1, 1], new Float32Array([-4])),
    ], { maxNorm: 2.5, losses: [fromArray(device, [], new Float32Array([100]))] })
  );
  const [norm, clip, nonFinite, rest] = await state.readFloats();
  assert.equal(norm, 5);
  assert.ok(Math.abs(clip! - 0.5) < 1e-6);
  assert.deepEqual([nonFinite, rest], [0, 0]);
  state.release();
});

for (const bad of [NaN, Infinity, -Infinity]) {
  onDevices(`gradientNorm sees ${bad} in a gradient and in a loss`, async (device) => {
    const flag = async (make: () => Tensor) => {
      const state = scope(make);
      const values = await state.readFloats();
      state.release();
      return values[2];
    };
    const good = () => fromArray(device, [20000], new Float32Array(20000).fill(1));
    const spoilt = () =>
      fromArray(device, [20000], new Float32Array(20000).fill(bad, 17000, 17001));
    assert.equal(await flag(() => gradientNorm([good()], { maxNorm: 0, losses: [good()] })), 0);
    assert.equal(await flag(() => gradientNorm([good(), spoilt()], { maxNorm: 1 })), 1);
    assert.equal(await flag(() => gradientNorm([good()], { maxNorm: 1, losses: [spoilt()] })), 1);
  });
}

Deno.test("gradientNorm refuses nothing at all", () => {
  assert.throws(() => gradientNorm([], { maxNorm: 1 }), /norm of no gradients/);
});
