import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { groupNorm } from "../../kernels/group_norm/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { FEW_BINDINGS, onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

/** Shape, groups, and whether the scratch is small enough for bindings of 2 KiB. */
const CASES: [number[], number, boolean][] = [
  [[0, 2, 3, 4], 2, true],
  [[1, 1, 1, 1], 1, true],
  [[1, 1, 1, 12], 3, true],
  [[2, 3, 5, 6], 3, true],
  [[2, 9, 7, 8], 1, true],
  [[1, 17, 13, 4], 4, true],
  [[3, 2, 2, 40], 5, true],
  [[2, 70, 67, 6], 2, false],
  [[2, 21, 19, 8], 4, false],
  [[2, 3, 3, 8], 8, true], // as many groups as channels
  [[4, 5, 3, 32], 8, true], // all images of several groups in a workgroup
  [[2, 4, 6, 128], 2, false], // as wide as a workgroup
  [[1, 21, 19, 12], 1, false], // vectors that a workgroup's lanes do not share evenly
];

for (const [shape, groups, splits] of CASES) {
  const channels = shape[3]!;
  const inputs = {
    x: floats(shape, { offset: 0.7 }),
    gamma: floats([channels], { seed: 2, offset: 1 }),
    beta: floats([channels], { seed: 3 }),
    residual: floats(shape, { seed: 4 }),
  };
  // On a large map some output lies within the default step of the ReLU's kink.
  const step = splits ? 1e-5 : 1e-7;
  const targets = [...TARGETS, FEW_BINDINGS, ...(splits ? [SPLIT_TARGET] : [])];
  checkOp({
    name: `groupNorm ${shape.join("×")} in ${groups}`,
    inputs,
    run: ({ x, gamma, beta }) => groupNorm(x!, { gamma: gamma!, beta: beta!, groups }),
    gradients: ["x", "gamma", "beta"],
    targets,
    step,
  });
  checkOp({
    name: `groupNorm ${shape.join("×")} in ${groups} relu`,
    inputs,
    run: ({ x, gamma, beta }) => groupNorm(x!, { gamma: gamma!, beta: beta!, groups, relu: true }),
    gradients: ["x", "gamma", "beta"],
    targets,
    step,
  });
  for (const relu of [false, true]) {
    checkOp({
      name: `groupNorm ${shape.join("×")} in ${groups}${relu ? " relu" : ""} residual`,
      inputs,
      run: ({ x, gamma, beta, residual }) =>
        groupNorm(x!, { gamma: gamma!, beta: beta!, groups, relu, residual: residual! }),
      gradients: ["x", "gamma", "beta", "residual"],
      targets,
      step,
    });
  }
}

checkOp({
  name: "groupNorm of numbers far from zero",
  inputs: {
    x: floats([1, 33, 31, 4], { offset: 300 }),
    gamma: floats([4], { seed: 2 }),
    beta: floats([4], { seed: 3 }),
  },
  run: ({ x, gamma, beta }) => groupNorm(x!, { gamma: gamma!, beta: beta!, groups: 2 }),
  gradients: ["x", "gamma", "beta"],
  tolerance: { forward: 1e-4, gradient: 1e-4 },
  step: 1e-3,
});

checkOp({
  name: "groupNorm with gradients for gamma and beta alone",
  inputs: {
    x: floats([2, 3, 3, 4]),
    gamma: floats([4], { seed: 2 }),
    beta: floats([4], { seed: 3 }),
  },
  run: ({ x, gamma, beta }) =>
    groupNorm(x!, { gamma: gamma!, beta: beta!, groups: 2, relu: true, epsilon: 1e-3 }),
  gradients: ["gamma", "beta"],
});

checkOp({
  name: "groupNorm with a residual that needs no gradient",
  inputs: {
    x: floats([2, 3, 3, 32]),
    gamma: floats([32], { seed: 2 }),
    beta: floats([32], { seed: 3 }),
    residual: floats([2, 3, 3, 32], { seed: 4 }),
  },
  run: ({ x, gamma, beta, residual }) =>
    groupNorm(x!, { gamma: gamma!, beta: beta!, groups: 8, relu: true, residual: residual! }),
  gradients: ["x", "gamma", "beta"],
});

onDevices("groupNorm of two pixels by hand", async (device) => {
  const out = scope(() => {
    const x = fromArray(device, [1, 1, 2, 1], new Float32Array([1, 3]));
    const gamma = fromArray(device, [1], new Float32Array([10]));
    const beta = fromArray(device, [1], new Float32Array([5]));
    return groupNorm(x, { gamma, beta, groups: 1, epsilon: 3 });
  });
  // mean 2, variance 1, so ±1 / sqrt(1 + 3).
  assert.deepEqual([...await out.readFloats()], [0, 10]);
  out.release();
});

Deno.test("groupNorm refuses groups that do not divide the channels", () => {
  scope(() => {
    const x = fromArray(reference, [1, 1, 1, 4], new Float32Array(4));
    const gamma = fromArray(reference, [4], new Float32Array(4));
    assert.throws(
      () => groupNorm(x, { gamma, beta: gamma, groups: 3 }),
      /1×1×1×4 in 3 groups as they must divide/,
    );
  });
});
