/** WebGPU devices that a test opens for itself, since it breaks them. */
import assert from "node:assert/strict";
import { DeviceError, EXIT, type OpenOptions, openWebGpu } from "../../../core/runtime/mod.ts";
import type { WebGpuDevice } from "../../../core/runtime/webgpu/device.ts";
import { requestAdapter } from "../../../core/runtime/probe.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";

/** Opens a device of its own for the time of `body`. */
export async function withDevice(
  body: (device: WebGpuDevice) => Promise<void>,
  options: OpenOptions = {},
): Promise<void> {
  const adapter = await requestAdapter("high-performance");
  assert.ok(adapter);
  const device = await openWebGpu(adapter, { tuning: false, ...options });
  try {
    await body(device);
  } finally {
    device.close();
  }
}

/** Registers a test with a WebGPU device of its own; ignored where there is no adapter. */
export function gpuTest(
  name: string,
  body: (device: WebGpuDevice) => Promise<void>,
  options: OpenOptions = {},
): void {
  Deno.test({
    name: HAS_WEBGPU ? name : `${name} (no WebGPU adapter here)`,
    ignore: !HAS_WEBGPU,
    // A lost device keeps some of its ops, and an adapter its resources.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => withDevice(body, options),
  });
}

/** A wait that never ends fails the test rather than hanging it. */
export async function withoutHanging<R>(work: Promise<R>): Promise<R> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alarm = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("This wait does not end")), 20_000);
  });
  try {
    return await Promise.race([work, alarm]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asserts that `work` ends with a DeviceError of exit code 4 whose message matches. */
export async function rejectsWithDeviceError(
  work: () => Promise<unknown>,
  message: RegExp,
): Promise<void> {
  await assert.rejects(() => withoutHanging(work()), (error) => isDeviceError(error, message));
}

/** Asserts that `error` is a DeviceError of exit code 4, of one line, whose message matches. */
export function isDeviceError(error: unknown, message: RegExp): true {
  assert.ok(error instanceof DeviceError, `expected a DeviceError: ${error}`);
  assert.equal(error.exitCode, EXIT.device);
  assert.match(error.message, message);
  assert.doesNotMatch(error.message, /\n/);
  return true;
}

/** `target`, but for its members that `replaced` has. */
export function withReplaced<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(replaced, name) ?? Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
