import assert from "node:assert/strict";
import { fromArray, full } from "../../core/runtime/mod.ts";
import { WebGpuDevice } from "../../core/runtime/webgpu/device.ts";
import { requestAdapter } from "../../core/runtime/probe.ts";
import { copy, fmaChain, measureLimits } from "../../kernels/machine_limits/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { HAS_WEBGPU, onDevices } from "../_support/devices.ts";
import { withReplaced } from "../runtime/_support/webgpu.ts";

for (const size of [1, 70]) {
  checkOp({
    name: `fma_chain ${size}`,
    inputs: { x: floats([1]) },
    run: ({ x }) => fmaChain(x!.device, { size, turns: 2, scale: 0.9375, shift: 0.25 }),
  });
}

for (const size of [4, 12, 420, 4096]) {
  checkOp({
    name: `copy ${size}`,
    inputs: { x: floats([size]) },
    run: ({ x }) => copy(x!),
  });
}

onDevices("copy refuses sizes that are no multiple of four", (device) => {
  assert.throws(() => copy(full(device, [7], 1)), /multiple of 4/);
  return Promise.resolve();
});

onDevices("the limits of a device are measured, and its memory is given back", async (device) => {
  const before = device.memory().liveBytes;
  const { gflops, gbps } = await measureLimits(device);
  assert.ok(gflops > 0 && Number.isFinite(gflops), `${gflops} GFLOP/s`);
  assert.ok(gbps > 0 && Number.isFinite(gbps), `${gbps} GB/s`);
  assert.equal(device.memory().liveBytes, before);
});

Deno.test({
  name: `a copy as on a GPU is whole too${HAS_WEBGPU ? "" : " (no WebGPU adapter here)"}`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapter = await requestAdapter("high-performance");
    const info = withReplaced(adapter!.info, { description: "a GPU", isFallbackAdapter: false });
    const device = new WebGpuDevice(await adapter!.requestDevice(), { info });
    assert.equal(device.info.isSoftware, false);
    for (const size of [4, 1020, 4100]) {
      const data = Float32Array.from({ length: size }, (_, i) => i);
      assert.deepEqual(await copy(fromArray(device, [size], data)).readFloats(), data);
    }
    device.close();
  },
});
