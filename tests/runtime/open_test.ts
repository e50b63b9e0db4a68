import assert from "node:assert/strict";
import { openDevice, openExplained } from "../../core/runtime/mod.ts";
import { adapterName, isSoftwareAdapter, requestAdapter } from "../../core/runtime/probe.ts";
import { HAS_WEBGPU } from "../_support/devices.ts";
import { rejectsWithDeviceError } from "./_support/webgpu.ts";

const adapter = await requestAdapter("high-performance");
const isGpu = adapter !== null && !isSoftwareAdapter(adapter.info);

/** Options of a test that opens WebGPU devices. */
const webGpuTest = { sanitizeOps: false, sanitizeResources: false } as const;

Deno.test("openDevice() opens the CPU device where it is asked for", async () => {
  const { device, note } = await openExplained({ kind: "cpu" });
  assert.equal(device.info.kind, "cpu");
  assert.match(note, /^Using the CPU device/);
  device.close();
});

Deno.test({
  name:
    "without a wish, a machine without a GPU gets the CPU device and one line why (has a GPU: skipped)",
  ignore: isGpu,
  ...webGpuTest,
  async fn() {
    const { device, note } = await openExplained({ tuning: false });
    assert.equal(device.info.kind, "cpu");
    assert.match(note, /^No GPU found \(.+\): using the CPU device[^\n]*\.$/);
    if (adapter) {
      assert.ok(note.includes(`adapter: ${adapterName(adapter.info)} is software`), note);
      assert.match(note, /--device webgpu runs the software adapter/);
    }
    device.close();
  },
});

Deno.test({
  name: "openDevice() finds an adapter by part of its name, in any case (no adapter: skipped)",
  ignore: !HAS_WEBGPU,
  ...webGpuTest,
  async fn() {
    const part = adapterName(adapter!.info).slice(1, 6).toUpperCase();
    const { device, note } = await openExplained({ kind: "webgpu", adapter: part, tuning: false });
    assert.equal(device.info.kind, "webgpu");
    assert.equal(device.info.isSoftware, !isGpu);
    assert.match(note, /^Using WebGPU on /);
    assert.equal(/is software/.test(note), !isGpu);
    assert.ok(device.info.maxBindingBytes >= 2 ** 27);
    assert.equal(device.info.maxBindings, adapter!.limits.maxStorageBuffersPerShaderStage);
    device.close();
  },
});

Deno.test("openDevice() refuses an adapter that is not there and lists those that are", async () => {
  await rejectsWithDeviceError(
    () => openDevice({ kind: "webgpu", adapter: "no such adapter" }),
    adapter ? /named "no such adapter"; found: .*[a-z]/i : /found: none/,
  );
});

Deno.test({
  name: "openDevice() says how to get an adapter where there is none (has one: skipped)",
  ignore: HAS_WEBGPU,
  fn: () => rejectsWithDeviceError(() => openDevice({ kind: "webgpu" }), /install a Vulkan driver/),
});
