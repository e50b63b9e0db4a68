/**
 * `deno task variants [TESTS…]`: runs tests once for each variant of the kernels, that variant forced wherever it
 * exists: the operators' and the detector's where none are named. The exit code is 1 where any run fails.
 * @module
 */
import { backward, fromArray, openDevice, record, scope } from "../../core/runtime/mod.ts";
import { WebGpuDevice } from "../../core/runtime/webgpu/device.ts";
import { conv2d } from "../../kernels/mod.ts";

const TESTS = ["tests/kernels", "tests/core/detection", "tests/core/train/devices_test.ts"];

/** The names of all variants of convolutions, which matrix products and their gradients share. */
async function variantNames(): Promise<string[]> {
  const device = await openDevice({ kind: "webgpu", tuning: false });
  if (!(device instanceof WebGpuDevice)) return [];
  for (const channels of [3, 16, 64]) {
    scope(() => {
      const size = 64 * channels;
      const x = fromArray(device, [1, 8, 8, channels], new Float32Array(size));
      const shape = [3, 3, channels, channels];
      const weight = fromArray(device, shape, new Float32Array(9 * channels ** 2));
      x.requiresGrad = weight.requiresGrad = true;
      const { result, tape } = record(() => conv2d(x, weight, undefined, { padding: 1 }));
      backward(tape, [result]);
    });
  }
  await device.finish();
  const names = new Set([...device.variantsMet.values()].flat());
  device.close();
  return [...names];
}

const failed: string[] = [];
const variants = await variantNames();
for (const variant of variants) {
  console.log(`\n== every kernel in its variant ${variant}, where it has one`);
  const { success } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "unit", ...(Deno.args.length > 0 ? Deno.args : TESTS)],
    env: { KERNEL_VARIANT: variant },
  }).spawn().status;
  if (!success) failed.push(variant);
}
console.log(
  failed.length > 0
    ? `failed with ${failed.join(", ")} forced`
    : `passed with each of ${variants.join(", ")} forced`,
);
Deno.exit(failed.length > 0 ? 1 : 0);
