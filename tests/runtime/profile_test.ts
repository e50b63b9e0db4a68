/** Profiles: what was launched, its FLOPs and bytes, and times that hang together. */
import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { heapScratch } from "../../core/runtime/cpu/heap.ts";
import { runCopier } from "../../core/runtime/cpu/simd/strided_copy.ts";
import { tileTransform } from "../../core/runtime/cpu/simd/tile_transform.ts";
import { DryDevice } from "../../core/runtime/dry_device.ts";
import {
  backward,
  defineKernel,
  type Device,
  type Dispatch,
  empty,
  fromArray,
  full,
  gemm,
  launch,
  type LaunchTiming,
  record,
  scope,
} from "../../core/runtime/mod.ts";
import { WebGpuDevice } from "../../core/runtime/webgpu/device.ts";
import { requestAdapter } from "../../core/runtime/probe.ts";
import { conv2d, relu } from "../../kernels/mod.ts";
import { HAS_WEBGPU } from "../_support/devices.ts";
import { gpuTest, withReplaced } from "./_support/webgpu.ts";

/** A convolution of [1, 6, 5, 4] by 3×3 to 8, and the sum of its gradients. */
function step(device: Device): void {
  scope(() => {
    const x = fromArray(device, [1, 6, 5, 4], new Float32Array(120).fill(0.5));
    const weight = fromArray(device, [3, 3, 4, 8], new Float32Array(288).fill(0.25));
    x.requiresGrad = weight.requiresGrad = true;
    const { result, tape } = record(() => conv2d(x, weight, undefined, { padding: 1 }));
    backward(tape, [result]);
  });
}

const PRODUCTS = ["conv2d", "conv2d_backward_x", "conv2d_backward_weight"];

/** What {@link step} is known to launch. */
function checkStep(launches: readonly LaunchTiming[]): void {
  const products = launches.filter(({ flops }) => flops > 0);
  assert.deepEqual(products.map(({ kernel }) => kernel).sort(), [...PRODUCTS].sort());
  for (const { flops } of products) assert.equal(flops, 2 * 6 * 5 * 8 * 4 * 9);
  const forward = products.find(({ kernel }) => kernel === "conv2d")!;
  // x, weight (bound once more in the bias's place) and the result.
  assert.equal(forward.bytes, 4 * (120 + 288 + 240));
  assert.equal((forward.params as { padding: number }).padding, 1);
}

/** Times are finite, not negative and in the order of the launches. */
function checkTimes(launches: readonly LaunchTiming[]): void {
  let before = -Infinity;
  for (const { start, ms, productMs, kernel } of launches) {
    assert.ok(Number.isFinite(ms) && ms >= 0, `${kernel} took ${ms} ms`);
    assert.ok(start >= before, `${kernel} starts at ${start}, before what precedes it`);
    assert.ok(productMs >= 0 && productMs <= ms, `${kernel}: ${productMs} of ${ms} ms in BLAS`);
    before = start;
  }
}

Deno.test("a profile of the CPU device has every launch once, and none after it was stopped", async () => {
  const device = new CpuDevice();
  step(device);
  const profile = device.profile();
  assert.equal(profile.clock, "host");
  step(device);
  const launches = await profile.take();
  checkStep(launches);
  checkTimes(launches);
  assert.deepEqual(await profile.take(), []);
  profile.stop();
  step(device);
  assert.deepEqual(await profile.take(), []);
});

Deno.test("a profile of the CPU device has a part for what came after each next()", async () => {
  const device = new CpuDevice();
  const profile = device.profile();
  profile.next();
  step(device);
  profile.next();
  const [before, within, after, ...more] = await profile.takeParts();
  assert.deepEqual([before, after, more], [[], [], []]);
  checkStep(within!);
  step(device);
  const [again] = await profile.takeParts();
  checkStep(again!);
  profile.stop();
  assert.deepEqual(await profile.takeParts(), [[]]);
});

Deno.test("a profile of the CPU device counts the time in products while it is taken", async () => {
  const device = new CpuDevice();
  const big = 256 * 256;
  const kernel = defineKernel({
    name: "product",
    signature: { a: "f32", c: "f32" },
    host: ({ a, c }) =>
      gemm({
        m: 256,
        n: 256,
        k: 256,
        a: { data: a, stride: 256 },
        b: { data: a, stride: 256 },
        c: { data: c, stride: 256 },
      }),
    wgsl: () => [],
  });
  const tensors = { a: full(device, [big], 1), c: empty(device, [big]) };
  const profile = device.profile();
  launch(kernel, tensors, {});
  const [timing] = await profile.take();
  assert.ok(timing && timing.productMs > 0 && timing.productMs <= timing.ms);
  profile.stop();
});

Deno.test("a profile of the CPU device counts what copies are read and written, launch by launch", async () => {
  const device = new CpuDevice();
  const transform = tileTransform(2, ([a, b]) => [a!, b!, a!]);
  const kernel = defineKernel({
    name: "copies",
    signature: { a: "f32" },
    host: (_, { count }: { count: number }) => {
      const floats = heapScratch(4096),
        places = { source: floats, from: 0, target: floats, to: 1024 };
      runCopier(8)({ ...places, count, fromStep: 8, toStep: 16 });
      const step = { row: 32, column: 16, tile: 4 };
      transform({ ...places, fromStep: step, toStep: step, tiles: count, channels: 4 });
    },
    wgsl: () => [],
  });
  const tensors = { a: empty(device, [1]) };
  const profile = device.profile();
  for (const count of [3, 1, 0]) launch(kernel, tensors, { count });
  const counted = (await profile.take()).map(({ copiedBytes }) => copiedBytes);
  // Runs of 8 are read and written; of a tile 2 × 2 vectors are read, and 3 × 3 written.
  assert.deepEqual(counted, [3, 1, 0].map((count) => 4 * count * (2 * 8 + 4 * (4 + 9))));
  profile.stop();
});

Deno.test("a profile of a dry device has launches without times", async () => {
  const device = new DryDevice();
  const profile = device.profile();
  step(device);
  const launches = await profile.take();
  assert.equal(profile.clock, "none");
  checkStep(launches);
  assert.ok(launches.every(({ ms }) => ms === 0));
  profile.stop();
});

gpuTest("a profile of a WebGPU device by submissions has each as it is", async (device) => {
  step(device);
  await device.finish();
  const profile = device.profile("submission");
  for (let i = 0; i < 2; i++) {
    step(device);
    await device.finish();
  }
  const submissions = await profile.take();
  assert.deepEqual(submissions.map(({ kernel, flops }) => [kernel, flops]), [
    ["submission", 0],
    ["submission", 0],
  ]);
  checkTimes(submissions);
  assert.ok(submissions.every(({ ms }) => ms > 0));
  profile.stop();
}, { timestamps: true });

gpuTest("a profile of a WebGPU device tells each launch's variant and time", async (device) => {
  const profile = device.profile();
  assert.equal(profile.clock, "device");
  step(device);
  const launches = await profile.take();
  checkStep(launches);
  checkTimes(launches);
  assert.ok(launches.some(({ ms }) => ms > 0));
  const { variant } = launches.find(({ kernel }) => kernel === "conv2d")!;
  assert.ok(device.variantsMet.get("conv2d")!.includes(variant!));
  profile.stop();
  step(device);
  await device.finish();
  assert.deepEqual(await profile.take(), []);
}, { timestamps: true });

gpuTest(
  "a profile of a WebGPU device has parts of either unit by one clock, and waits for none",
  async (device) => {
    const profile = device.profile();
    const waits: string[] = [];
    const finish = device.finish.bind(device);
    device.finish = () => (waits.push("finish"), finish());
    step(device);
    profile.next("submission");
    step(device);
    profile.next("submission");
    profile.next();
    step(device);
    assert.deepEqual(waits, []);
    const parts = await profile.takeParts();
    assert.equal(parts.length, 4);
    checkStep(parts[0]!);
    assert.deepEqual(parts[1]!.map(({ kernel }) => kernel), ["submission"]);
    assert.deepEqual(parts[2], []);
    checkStep(parts[3]!);
    checkTimes(parts.flat());
    const ends = parts.map((part) => part.at(-1) && part.at(-1)!.start + part.at(-1)!.ms);
    assert.ok(parts[1]![0]!.start >= ends[0]! && parts[3]![0]!.start >= ends[1]!);
    profile.stop();
  },
  { timestamps: true },
);

gpuTest("a launch cut between two submissions is one launch of a profile", async (device) => {
  const shader = {
    source: `
struct Params { index: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1) fn main() { out[params.index] += 1.0; }`,
  };
  const many = defineKernel({
    name: "many",
    signature: { out: "f32" },
    host: () => {},
    wgsl: () =>
      Array.from({ length: 700 }, (_, i): Dispatch => ({
        shader,
        uniforms: { index: i % 8 },
        grid: [1, 1, 1],
      })),
  });
  const out = full(device, [8], 0);
  const profile = device.profile();
  launch(many, { out }, {});
  relu(out).release();
  const launches = await profile.take();
  assert.deepEqual(launches.map(({ kernel }) => kernel), ["many", "relu"]);
  checkTimes(launches);
  assert.equal((await out.readFloats())[3], 88);
  profile.stop();
}, { timestamps: true });

gpuTest(
  "a profile without timestamps has launches and says that it has no clock",
  async (device) => {
    const profile = device.profile();
    assert.equal(profile.clock, "none");
    step(device);
    checkStep(await profile.take());
    step(device);
    profile.next("submission");
    step(device);
    const [launches, submissions] = await profile.takeParts();
    checkStep(launches!);
    assert.deepEqual(submissions, []);
    profile.stop();
  },
  { timestamps: false },
);

Deno.test({
  name: `timestamps are asked for only while a profile is taken${
    HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
  }`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapter = await requestAdapter("high-performance");
    const gpu = await adapter!.requestDevice({ requiredFeatures: ["timestamp-query"] });
    let sets = 0;
    const counted = withReplaced(gpu, {
      createQuerySet(descriptor) {
        sets++;
        return gpu.createQuerySet(descriptor);
      },
    });
    const device = new WebGpuDevice(counted, { info: adapter!.info });
    step(device);
    await device.finish();
    assert.equal(sets, 0);
    const profile = device.profile();
    step(device);
    await profile.take();
    assert.equal(sets, 1);
    profile.stop();
    step(device);
    await device.finish();
    assert.equal(sets, 1);
    device.close();
  },
});
