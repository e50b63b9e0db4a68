/** Mappable buffers are reused, and few are kept; the host waits for them late. */
import assert from "node:assert/strict";
import { downloadAll, empty, fromArray, full } from "../../../core/runtime/mod.ts";
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
    const first = (size: number) => ({ slot: x.slot, size, dtype: "f32" as const });
    for (let i = 0; i < 20; i++) await device.download([first(1000)]).read();
    assert.deepEqual(counts, { made: 1, destroyed: 0 });
    for (let i = 1; i <= 40; i++) await device.download([first(i * 120)]).read();
    assert.ok(counts.made - counts.destroyed <= 16, JSON.stringify(counts));
    device.close();
    assert.equal(counts.made, counts.destroyed);
  },
});

Deno.test({
  name: `a copy is mapped right before more work is submitted, or when it is read${
    HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
  }`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const adapter = await requestAdapter("high-performance");
    const { logged, calls } = withLog(await adapter!.requestDevice());
    const device = new WebGpuDevice(logged, { info: adapter!.info });
    const x = full(device, [5], 1);
    const first = downloadAll([x]);
    assert.deepEqual(calls.splice(0), ["submit"]);
    const y = full(device, [5], 2);
    assert.deepEqual(calls.splice(0), [], "the host records while the device copies");
    device.flush();
    assert.deepEqual(calls.splice(0), ["map", "submit"]);
    x.write(new Float32Array(5).fill(3));
    assert.deepEqual(await first.read(), [new Float32Array(5).fill(1)]);
    assert.deepEqual(await first.read(), [new Float32Array(5).fill(1)]);
    assert.deepEqual(calls.splice(0), []);
    const counts = fromArray(device, [2], Int32Array.of(7, 8)), none = empty(device, [0]);
    const together = await downloadAll([y, none, counts]).read();
    assert.deepEqual(together, [
      new Float32Array(5).fill(2),
      new Float32Array(0),
      Int32Array.of(7, 8),
    ]);
    device.flush();
    assert.deepEqual(calls.splice(0), ["submit", "map"], "one copy and one wait for all");
    assert.deepEqual(await downloadAll([none]).read(), [new Float32Array(0)]);
    assert.deepEqual(await downloadAll([]).read(), []);
    assert.deepEqual(calls.splice(0), []);
    device.close();
  },
});

/** `gpu`, and its submissions and the mappings of its buffers in order. */
function withLog(gpu: GPUDevice) {
  const calls: string[] = [];
  const { queue } = gpu, submit = queue.submit.bind(queue);
  queue.submit = (buffers) => {
    calls.push("submit");
    submit(buffers);
    return undefined;
  };
  const logged = withReplaced(gpu, {
    createBuffer(descriptor) {
      const buffer = gpu.createBuffer(descriptor);
      const map = buffer.mapAsync.bind(buffer);
      buffer.mapAsync = (...range) => {
        calls.push("map");
        return map(...range);
      };
      return buffer;
    },
  });
  return { logged, calls };
}
