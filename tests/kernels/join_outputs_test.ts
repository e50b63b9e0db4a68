import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { joinOutputs } from "../../kernels/join_outputs/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";

/** Extents before the outputs, and the outputs of both layers. */
const CASES: [number[], number, number][] = [
  [[1, 1, 64], 12, 3],
  [[3, 3, 5], 2, 2],
  [[7], 1, 8],
];

for (const [extents, first, second] of CASES) {
  checkOp({
    name: `joinOutputs of ${first} and ${second} outputs, weights ${extents.join("×")}`,
    inputs: {
      weightA: floats([...extents, first]),
      biasA: floats([first], { seed: 2 }),
      weightB: floats([...extents, second], { seed: 3 }),
      biasB: floats([second], { seed: 4 }),
    },
    run: ({ weightA, biasA, weightB, biasB }) => {
      const a = { weight: weightA!, bias: biasA! }, b = { weight: weightB!, bias: biasB! };
      const { weight, bias } = joinOutputs(a, b);
      return [weight, bias];
    },
    gradients: ["weightA", "biasA", "weightB", "biasB"],
  });
}

onDevices("joinOutputs has a's outputs, b's, and zeros", async (device) => {
  const { weight, bias } = scope(() => {
    const layer = (weight: number[], bias: number[]) => ({
      weight: fromArray(device, [2, bias.length], new Float32Array(weight)),
      bias: fromArray(device, [bias.length], new Float32Array(bias)),
    });
    const { weight, bias } = joinOutputs(layer([1, 2, 3, 4], [5, 6]), layer([7, 8], [9]));
    return { weight, bias };
  });
  assert.deepEqual(weight.shape, [2, 4]);
  assert.deepEqual([...await weight.readFloats()], [1, 2, 7, 0, 3, 4, 8, 0]);
  assert.deepEqual([...await bias.readFloats()], [5, 6, 9, 0]);
  weight.release();
  bias.release();
});

Deno.test("joinOutputs refuses layers that do not fit each other", () => {
  scope(() => {
    const of = (...shape: number[]) =>
      fromArray(reference, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
    const a = { weight: of(2, 3), bias: of(3) };
    assert.throws(() => joinOutputs(a, { weight: of(3, 3), bias: of(3) }), /second layer's weight/);
    assert.throws(() => joinOutputs({ weight: of(2, 3), bias: of(2) }, a), /first layer's weight/);
  });
});
