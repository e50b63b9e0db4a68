/** Memory that runs out, injected (row 5 of the fault table). */
import assert from "node:assert/strict";
import { empty, full } from "../../../core/runtime/mod.ts";
import { WebGpuDevice } from "../../../core/runtime/webgpu/device.ts";
import { requestAdapter } from "../../../core/runtime/probe.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { rejectsWithDeviceError, withReplaced } from "../_support/webgpu.ts";

/** `gpu`, but storage buffers above `room` bytes fail as WebGPU fails: in the error scope around them. */
function withLittleMemory(gpu: GPUDevice, room: number): GPUDevice {
  const filters: GPUErrorFilter[] = [];
  let hasFailed = false;
  const replaced: Partial<GPUDevice> = {
    createBuffer(descriptor) {
      const isTooLarge = descriptor.size > room &&
        (descriptor.usage & GPUBufferUsage.STORAGE) !== 0;
      hasFailed ||= isTooLarge;
      return gpu.createBuffer(isTooLarge ? { ...descriptor, size: 256 } : descriptor);
    },
    pushErrorScope(filter) {
      filters.push(filter);
      gpu.pushErrorScope(filter);
    },
    async popErrorScope() {
      const isOurs = filters.pop() === "out-of-memory" && hasFailed;
      if (isOurs) hasFailed = false;
      const real = await gpu.popErrorScope();
      return isOurs ? new GPUOutOfMemoryError("injected") : real;
    },
  };
  return withReplaced(gpu, replaced);
}

Deno.test({
  name: `memory that runs out ends the run with what to do${
    HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
  }`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapter = await requestAdapter("high-performance");
    const gpu = withLittleMemory(await adapter!.requestDevice(), 2 ** 20);
    const device = new WebGpuDevice(gpu, { info: adapter!.info });
    assert.equal((await full(device, [1000], 2).readFloats())[999], 2);
    empty(device, [2 ** 21]);
    await rejectsWithDeviceError(
      () => device.finish(),
      /no memory for a buffer of 8 MiB \(injected\); use a smaller SOLVER.IMS_PER_GPU/,
    );
    assert.throws(() => empty(device, [1]), /no memory for a buffer/);
    device.close();
    assert.equal(device.memory().reservedBytes, device.memory().liveBytes);
  },
});
