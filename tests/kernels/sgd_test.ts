import assert from "node:assert/strict";
import { DryDevice, empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { sgdStep, sgdSteps } from "../../kernels/sgd/mod.ts";
import { asGpu } from "../_support/check_exact.ts";
import { checkOp, checkTarget, floats, type OpCase } from "../_support/check_op.ts";
import { FEW_BINDINGS, onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

for (const shape of [[0], [1], [3, 5, 7], [1030]]) {
  for (const nonFinite of [0, 1]) {
    checkOp({
      name: `sgdStep ${shape.join("×")}${nonFinite ? " held back" : ""}`,
      inputs: {
        weight: floats(shape),
        velocity: floats(shape, { seed: 2 }),
        gradient: floats(shape, { seed: 3 }),
        state: floats([4], { data: [7, 0.3, nonFinite, 0] }),
      },
      run: ({ weight, velocity, gradient, state }) => {
        const rates = { learningRate: 0.02, momentum: 0.9, weightDecay: 1e-2 };
        const step = { gradient: gradient!, velocity: velocity!, state: state!, ...rates };
        sgdStep(weight!, step);
        sgdStep(weight!, { ...step, learningRate: 0.01 });
        return [weight!, velocity!];
      },
      targets: [...TARGETS, SPLIT_TARGET],
    });
  }
}

/** Sizes that are read by vectors, more than a launch takes of them, and others; an empty one. */
const SIZES = [1030, 8, 3, 0, 1024, 5, 517, 12, 4, 300, 4, 4, 16, 2052, 20, 8, 400, 4, 64, 4, 9];
const manyWeights: OpCase = {
  name: "sgdSteps of many weights",
  inputs: {
    state: floats([4], { data: [7, 0.3, 0, 0] }),
    ...Object.fromEntries(
      SIZES.flatMap((size, i) =>
        ["weight", "velocity", "gradient"].map((name, k) => [
          `${name}${i}`,
          floats([size], { seed: 3 * i + k }),
        ])
      ),
    ),
  },
  run: ({ state, ...tensors }) => {
    const updates = SIZES.map((_, i) => {
      const isBias = i % 5 === 3;
      return {
        ...{ weight: tensors[`weight${i}`]!, velocity: tensors[`velocity${i}`]! },
        ...{ gradient: tensors[`gradient${i}`]!, learningRate: isBias ? 0.2 : 0.1 },
        weightDecay: isBias ? 0 : 0.3,
      };
    });
    sgdSteps(updates, { state: state!, momentum: 0.9 });
    return updates.flatMap(({ weight, velocity }) => [weight, velocity]);
  },
  targets: [...TARGETS, SPLIT_TARGET, FEW_BINDINGS],
};
checkOp(manyWeights);
onDevices(
  "sgdSteps of many weights with a GPU's workgroups",
  (device) => checkTarget(manyWeights, asGpu(device), FEW_BINDINGS),
  [FEW_BINDINGS],
);

Deno.test("sgdSteps launches as many weights at once as have the same rates and the device binds", () => {
  const launches = (maxBindings: number, rates: readonly number[]) => {
    const device = new DryDevice({ maxBindings });
    scope(() => {
      const state = empty(device, [4]);
      const updates = rates.map((learningRate) => {
        const [weight, gradient, velocity] = [0, 1, 2].map(() => empty(device, [4]));
        const tensors = { weight: weight!, gradient: gradient!, velocity: velocity! };
        return { ...tensors, learningRate, weightDecay: 0 };
      });
      sgdSteps(updates, { state, momentum: 0 });
    });
    assert.equal(device.memory().liveSlots, 0);
    return device.launches.get("sgd");
  };
  const rates = Array.from({ length: 16 }, (_, i) => i % 2);
  assert.equal(launches(8, rates), 8);
  assert.equal(launches(24, rates), 8);
  assert.equal(launches(25, rates), 2);
  assert.equal(launches(25, rates.map((_, i) => i)), 16);
});

onDevices("sgdStep by hand, and not at all after NaN", async (device) => {
  const tensors = scope(() => {
    const one = (value: number) => fromArray(device, [1], new Float32Array([value]));
    const weight = one(2), velocity = one(4), gradient = one(10);
    const state = fromArray(device, [4], new Float32Array([20, 0.5, 0, 0]));
    const rates = { learningRate: 0.5, momentum: 0.25, weightDecay: 1 };
    sgdStep(weight, { gradient, velocity, state, ...rates });
    const spoilt = fromArray(device, [4], new Float32Array([NaN, NaN, 1, 0]));
    sgdStep(weight, { gradient: one(NaN), velocity, state: spoilt, ...rates });
    return { weight, velocity };
  });
  // 0.25·4 + (10·0.5 + 1·2) = 8; 2 − 0.5·8 = −2.
  assert.deepEqual([...await tensors.velocity.readFloats()], [8]);
  assert.deepEqual([...await tensors.weight.readFloats()], [-2]);
  for (const tensor of Object.values(tensors)) tensor.release();
});

Deno.test("sgdStep refuses a gradient of another shape", () => {
  scope(() => {
    const weight = fromArray(reference, [2, 3], new Float32Array(6));
    const gradient = fromArray(reference, [3, 2], new Float32Array(6));
    const state = fromArray(reference, [4], new Float32Array(4));
    const rates = { learningRate: 1, momentum: 0, weightDecay: 0 };
    assert.throws(
      () => sgdStep(weight, { gradient, velocity: weight, state, ...rates }),
      /gradient.*must be 2×3: it is 3×2/,
    );
  });
});
