/** How faults are collected, with a device whose answers come when the test says. */
import assert from "node:assert/strict";
import { Faults, firstLine } from "../../../core/runtime/webgpu/faults.ts";
import { isDeviceError, rejectsWithDeviceError } from "../_support/webgpu.ts";

type Answer = { error: GPUError | null; delayMs?: number };

/** A device that answers its error scopes in turn, and is lost at will. */
function fakeDevice(answers: Answer[]) {
  const { promise: lost, resolve: lose } = Promise.withResolvers<GPUDeviceLostInfo>();
  const scopes: GPUErrorFilter[] = [];
  return {
    lost,
    lose: () => lose({ reason: "destroyed", message: "on purpose" }),
    scopes,
    addEventListener() {},
    pushErrorScope: (filter: GPUErrorFilter) => void scopes.push(filter),
    popErrorScope: async () => {
      scopes.pop();
      const { error, delayMs = 0 } = answers.shift() ?? { error: null };
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      return error;
    },
  };
}

const validation = { filters: ["validation"] as const, describe: firstLine };

function failure(message: string): GPUError {
  return new GPUValidationError(message);
}

const hasWebGpu = typeof GPUValidationError === "function";

Deno.test({
  name:
    "the fault of earlier work is told, though later work's is known before (no WebGPU: skipped)",
  ignore: !hasWebGpu,
  async fn() {
    const faults = new Faults(
      fakeDevice([{ error: failure("first"), delayMs: 20 }, { error: failure("second") }]),
    );
    faults.guard(() => {}, validation);
    faults.guard(() => {}, validation);
    await rejectsWithDeviceError(() => faults.settle(), /^first$/);
    assert.throws(() => faults.check(), (error) => isDeviceError(error, /^first$/));
  },
});

Deno.test("a wait that the GPU forgot ends when the device is lost, and so do all after it", async () => {
  const device = fakeDevice([]);
  const faults = new Faults(device);
  const forgotten = rejectsWithDeviceError(
    () => faults.settle(new Promise(() => {})),
    /lost \(on purpose\)/,
  );
  device.lose();
  await forgotten;
  await rejectsWithDeviceError(() => faults.settle(new Promise(() => {})), /lost/);
});

Deno.test("work that fails without a GPU error is told as well", async () => {
  const faults = new Faults(fakeDevice([]));
  await rejectsWithDeviceError(
    () => faults.settle(Promise.reject(new Error("no map"))),
    /did not return its results .*no map/,
  );
  await faults.settle(); // it was not a fault of the device
});

Deno.test("guard() closes its scopes where its body throws", () => {
  const device = fakeDevice([]);
  const faults = new Faults(device);
  assert.throws(() =>
    faults.guard(() => {
      assert.deepEqual(device.scopes, ["out-of-memory", "validation"]);
      throw new Error("on purpose");
    }, { ...validation, filters: ["out-of-memory", "validation"] }), /on purpose/);
  assert.deepEqual(device.scopes, []);
});
