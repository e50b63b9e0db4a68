/** Devices that tests run on, opened once per test process. */
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { type Device, openDevice, type PlanContext } from "../../core/runtime/mod.ts";
import { requestAdapter } from "../../core/runtime/probe.ts";

/** True where WebGPU has an adapter; tests that need one are ignored visibly without. */
export const HAS_WEBGPU = (await requestAdapter("high-performance")) !== null;

/** What a planner knows of Mesa's software adapter. */
export const SOFTWARE: PlanContext = {
  maxBindingBytes: 2 ** 27,
  offsetAlignment: 64,
  maxBindings: 48,
  isSoftware: true,
};

/** The reference: host code in float64. */
export const reference = new CpuDevice({ precision: 64 });

/** What a test asks of the device that it runs on. */
export interface Target {
  readonly name: string;
  readonly kind: "cpu" | "webgpu";
  /** Lowers the largest binding, so that small tensors are split. */
  readonly maxBindingBytes?: number;
  /** Lowers the storage buffers of a launch. */
  readonly maxBindings?: number;
  /** Forces a kernel variant. */
  readonly forceVariant?: string;
}

/** Both devices, and WebGPU with bindings so small that tensors must be split. */
export const TARGETS: readonly Target[] = [
  { name: "cpu", kind: "cpu" },
  { name: "webgpu", kind: "webgpu" },
];

/** WebGPU with bindings of 2 KiB. */
export const SPLIT_TARGET: Target = {
  name: "webgpu, bindings of 2 KiB",
  kind: "webgpu",
  maxBindingBytes: 2048,
};

/** WebGPU with no more storage buffers in a launch than every adapter has. */
export const FEW_BINDINGS: Target = {
  name: "webgpu, 8 bindings",
  kind: "webgpu",
  maxBindings: 8,
};

/**
 * Forces kernel variants in every test that leaves them open, so that whole suites run on each in turn: `name`, or
 * `kernel=name,kernel=name`; see tests/_support/check_variants.ts.
 */
const FORCED = Deno.env.get("KERNEL_VARIANT");

const opened = new Map<string, Promise<Device>>();

// Left to the process's exit, the software adapter's threads may still be at work when memory goes.
Deno.test.afterAll(async () => {
  for (const opening of opened.values()) {
    const device = await opening.catch(() => undefined);
    // A test may have left the device at fault; it is closed all the same.
    await device?.finish().catch(() => {});
    device?.close();
  }
  opened.clear();
});

/** The device of a target; the same one each time. */
export function deviceOf(target: Target): Promise<Device> {
  let device = opened.get(target.name);
  if (!device) {
    const forceVariant = target.forceVariant ?? FORCED;
    device = openDevice({ ...target, forceVariant, tuning: false });
    opened.set(target.name, device);
  }
  return device;
}

/** Registers `body` as one test per target; those on WebGPU are ignored where there is no adapter. */
export function onDevices(
  name: string,
  body: (device: Device) => Promise<void>,
  targets: readonly Target[] = TARGETS,
): void {
  for (const target of targets) {
    const missing = target.kind === "webgpu" && !HAS_WEBGPU;
    Deno.test({
      name: `${name} (${target.name}${missing ? "; no WebGPU adapter here" : ""})`,
      ignore: missing,
      // The device is shared by all tests of a process.
      sanitizeResources: false,
      sanitizeOps: false,
      fn: async () => body(await deviceOf(target)),
    });
  }
}
