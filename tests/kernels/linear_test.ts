import assert from "node:assert/strict";
import { withoutBlas } from "../../core/runtime/cpu/blas.ts";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { fromArray } from "../../core/runtime/mod.ts";
import { linear } from "../../kernels/linear/mod.ts";
import { checkOp, floats, relativeError } from "../_support/check_op.ts";
import { SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

/** m, inputs, outputs. */
const CASES: readonly { size: [number, number, number]; relu?: boolean; split?: boolean }[] = [
  { size: [0, 4, 8] },
  { size: [1, 1, 1] },
  { size: [1, 8, 4], relu: true },
  { size: [130, 7, 11], relu: true, split: true },
  { size: [77, 16, 12], split: true },
  { size: [300, 36, 44], relu: true },
  { size: [3, 260, 81] },
];

for (const { size: [m, inputs, outputs], relu = false, split } of CASES) {
  checkOp({
    name: `linear ${m}×${inputs} to ${outputs}${relu ? ", relu" : ""}`,
    inputs: {
      x: floats([m, inputs], { seed: 1 }),
      weight: floats([inputs, outputs], { seed: 2, scale: 0.3 }),
      bias: floats([outputs], { seed: 3 }),
    },
    run: ({ x, weight, bias }) => linear(x!, weight!, bias, { relu }),
    gradients: ["x", "weight", "bias"],
    targets: split ? [...TARGETS, SPLIT_TARGET] : TARGETS,
  });
}

Deno.test("linear without BLAS equals linear with it", async () => {
  const device = new CpuDevice();
  const x = fromArray(device, [9, 20], Float32Array.from(floats([9, 20]).data));
  const weight = fromArray(device, [20, 6], Float32Array.from(floats([20, 6]).data));
  const withBlas = await linear(x, weight, undefined).readFloats();
  const loops = withoutBlas(() => linear(x, weight, undefined));
  const { error } = relativeError(await loops.readFloats(), withBlas);
  assert.ok(error < 1e-5, `differs by ${error}`);
});

Deno.test("linear refuses shapes that do not fit", () => {
  const device = new CpuDevice();
  const x = fromArray(device, [2, 3], new Float32Array(6));
  const weight = fromArray(device, [4, 5], new Float32Array(20));
  assert.throws(() => linear(x, weight, undefined), /they are 2×3 and 4×5/);
});
