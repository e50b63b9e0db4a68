import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { sgdStep, sgdSteps } from "../../kernels/sgd/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

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

/** Sizes that pair up by vectors and by numbers, one of each that stays alone, an empty one. */
const SIZES = [1030, 8, 3, 0, 1024, 5, 517, 12, 4, 300];
checkOp({
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
    const updates = SIZES.map((_, i) => ({
      ...{ weight: tensors[`weight${i}`]!, velocity: tensors[`velocity${i}`]! },
      ...{ gradient: tensors[`gradient${i}`]!, learningRate: 0.1 + 0.01 * i, weightDecay: i / 10 },
    }));
    sgdSteps(updates, { state: state!, momentum: 0.9 });
    return updates.flatMap(({ weight, velocity }) => [weight, velocity]);
  },
  targets: [...TARGETS, SPLIT_TARGET],
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
