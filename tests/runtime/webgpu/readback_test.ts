/** Mappable buffers are reused, and few are kept. */
import assert from "node:assert/strict";
import { full } from "../../../core/runtime/mod.ts";
import { WebGpuDevice } from "../../../core/runtime/webgpu/device.ts";
import { requestAdapter } from "../../../core/runtime/probe.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { withReplaced } from "../_support/webgpu.ts";

/** `gpu`, and how many mappable buffers were made and destroyed. */
function withCounts(gpu: GPUDevice) {
  const counts = { made: 0, destroyed: 0 };
  const counted = withReplaced(gpu, {
    createBuffer(descriptor) {
      const buffer = gpu.createBuffer(descriptor);
      if ((descriptor.usage & GPUBufferUsage.MAP_READ) === 0) return buffer;
      counts.made++;
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        counts.destroyed++;
        destroy();
        return undefined;
      };
      return buffer;
    },
  });
  return { counted, counts };
}

Deno.test({
  name: `reads reuse their buffers and keep few${HAS_WEBGPU ? "" : " (no WebGPU adapter here)"}`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapter = await requestAdapter("high-performance");
    const { counted, counts } = withCounts(await adapter!.requestDevice());
    const device = new WebGpuDevice(counted, { info: adapter!.info });
    const x = full(device, [5000], 1);
    for (let i = 0; i < 20; i++) await device.download(x.slot, 1000, "f32");
    assert.deepEqual(counts, { made: 1, destroyed: 0 });
    for (let i = 1; i <= 40; i++) await device.download(x.slot, i * 120, "f32");
    assert.ok(counts.made - counts.destroyed <= 16, JSON.stringify(counts));
    device.close();
    assert.equal(counts.made, counts.destroyed);
  },
});
