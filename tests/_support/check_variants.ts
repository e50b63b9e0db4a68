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
  for (const [inner, outer] of [[3, 3], [3, 16], [16, 16], [64, 64]] as const) {
    scope(() => {
      const x = fromArray(device, [1, 8, 8, inner], new Float32Array(64 * inner));
      const shape = [3, 3, inner, outer];
      const weight = fromArray(device, shape, new Float32Array(9 * inner * outer));
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

/** How the tests went with one variant forced. */
interface Outcome {
  readonly variant: string;
  readonly success: boolean;
  /** The runner's own last words, such as `ok | 12 passed | 0 failed (3s)`. */
  readonly summary: string;
}

/** Runs the tests with a variant forced, and shows what they print. */
async function runWith(variant: string, tests: readonly string[]): Promise<Outcome> {
  console.log(`\n== every kernel in its variant ${variant}, where it has one`);
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", "unit", ...tests],
    env: { KERNEL_VARIANT: variant, NO_COLOR: "1" },
    stdout: "piped",
  }).spawn();
  let tail = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4096);
  }
  const { success } = await child.status;
  const summary = tail.match(/^\w+ \| \d+ passed.*$/m)?.[0] ?? "the tests did not end";
  return { variant, success, summary };
}

const tests = Deno.args.length > 0 ? Deno.args : TESTS;
const variants = await variantNames().catch((error) => {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  return [];
});
const outcomes: Outcome[] = [];
for (const variant of variants) outcomes.push(await runWith(variant, tests));
console.log("");
for (const { variant, summary } of outcomes) console.log(`${variant}: ${summary}`);
const isSound = outcomes.length > 0 && outcomes.every(({ success }) => success);
console.log(isSound ? "Every variant passes." : "Not every variant passes.");
Deno.exit(isSound ? 0 : 1);
