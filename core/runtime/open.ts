/** Opening a device by name, or the best there is. */
import { blas } from "./cpu/blas.ts";
import { CpuDevice } from "./cpu/device.ts";
import type { Device } from "./device.ts";
import { DeviceError } from "./errors.ts";
import { adapterName, isSoftwareAdapter, requestAdapter } from "./probe.ts";
import { WebGpuDevice, type WebGpuOptions } from "./webgpu/device.ts";

/** Which device to open. */
export interface OpenOptions {
  /** `webgpu`, `cpu`, or where absent: WebGPU on a real GPU, else the CPU device. */
  readonly kind?: "webgpu" | "cpu";
  /** Part of the wanted adapter's description, in any case. */
  readonly adapter?: string;
  /** As in {@link WebGpuOptions}. */
  readonly maxBindingBytes?: number;
  readonly maxBindings?: number;
  readonly forceVariant?: string;
  /** True to let profiles have times on a GPU; nothing is timed until one is taken. */
  readonly timestamps?: boolean;
  /** False to measure nothing and read no measured choices; true where absent. */
  readonly tuning?: boolean;
}

/** Limits that are raised from WebGPU's guaranteed values to the adapter's. */
const RAISED_LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
] as const;

/**
 * Opens a device.
 * @throws DeviceError where WebGPU is asked for and there is no adapter, or none of that name, or it
 * gives no device
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  return (await openExplained(options)).device;
}

/**
 * {@link openDevice}, and one line for the user: which device was chosen, and why where they did not say.
 * @throws DeviceError as {@link openDevice}
 */
export async function openExplained(
  options: OpenOptions = {},
): Promise<{ device: Device; note: string }> {
  if (options.kind === "cpu") return { device: new CpuDevice(), note: `Using ${cpuName()}.` };
  const adapter = await findAdapter(options);
  if (options.kind === undefined && (!adapter || isSoftwareAdapter(adapter.info))) {
    return { device: new CpuDevice(), note: fallbackNote(adapter) };
  }
  if (!adapter) {
    throw new DeviceError(
      "There is no WebGPU adapter; install a Vulkan driver (on Debian: apt-get install mesa-vulkan-drivers) or use --device cpu.",
    );
  }
  const device = await openWebGpu(adapter, options);
  const slow = device.info.isSoftware ? ", which is software: --device cpu is faster" : "";
  return { device, note: `Using WebGPU on ${device.info.description}${slow}.` };
}

function fallbackNote(adapter: GPUAdapter | null): string {
  if (!adapter) return `No GPU found (there is no WebGPU adapter): using ${cpuName()}.`;
  const found = `adapter: ${adapterName(adapter.info)} is software`;
  return `No GPU found (${found}): using ${cpuName()}; --device webgpu runs the software adapter.`;
}

function cpuName(): string {
  return blas()
    ? "the CPU device"
    : "the CPU device, slowly, as there is no BLAS library (deno task doctor says how to install one)";
}

/** Opens the WebGPU device that has to be there. @throws DeviceError as {@link openDevice}. */
export async function openWebGpu(
  adapter: GPUAdapter,
  options: OpenOptions = {},
): Promise<WebGpuDevice> {
  const webGpu: WebGpuOptions = {
    info: adapter.info,
    maxBindingBytes: options.maxBindingBytes,
    maxBindings: options.maxBindings,
    forceVariant: options.forceVariant,
    tuningFile: options.tuning === false ? undefined : tuningFile(adapter.info),
  };
  return new WebGpuDevice(await requestGpu(adapter, options), webGpu);
}

async function requestGpu(
  adapter: GPUAdapter,
  { timestamps = false }: OpenOptions,
): Promise<GPUDevice> {
  const requiredFeatures: GPUFeatureName[] = [];
  if (timestamps && adapter.features.has("timestamp-query")) {
    requiredFeatures.push("timestamp-query");
  }
  // An adapter without a bound tells 2^64, which WebGPU itself refuses to read.
  const limits = RAISED_LIMITS.map((name) =>
    [name, Math.min(adapter.limits[name], Number.MAX_SAFE_INTEGER)] as const
  );
  try {
    return await adapter.requestDevice({
      requiredFeatures,
      requiredLimits: Object.fromEntries(limits),
    });
  } catch (error) {
    throw new DeviceError(
      `The adapter ${adapterName(adapter.info)} gives no device (${
        error instanceof Error ? error.message : error
      }); use --device cpu, and deno task doctor shows what is there.`,
    );
  }
}

/** The adapter of that name, else the fastest; null where there is none. */
async function findAdapter(options: OpenOptions): Promise<GPUAdapter | null> {
  const found: GPUAdapter[] = [];
  for (const powerPreference of ["high-performance", "low-power"] as const) {
    const adapter = await requestAdapter(powerPreference);
    if (adapter) found.push(adapter);
    if (!options.adapter && adapter) break;
  }
  const wanted = options.adapter?.toLowerCase();
  if (wanted === undefined) return found[0] ?? null;
  const named = found.find(({ info }) => adapterName(info).toLowerCase().includes(wanted));
  if (named) return named;
  const names = [...new Set(found.map(({ info }) => adapterName(info)))].join(", ") || "none";
  throw new DeviceError(
    `There is no adapter named "${options.adapter}"; found: ${names}.`,
  );
}

/** Goes up where a variant runs otherwise under the same name: what was measured before is worth nothing then. */
const VARIANTS = 4;

/** Where measured kernel choices of an adapter are kept: the user's cache folder. */
function tuningFile(info: GPUAdapterInfo): string | undefined {
  const home = Deno.env.get("XDG_CACHE_HOME") ??
    (Deno.env.get("HOME") && `${Deno.env.get("HOME")}/.cache`);
  const name = adapterName(info).replace(/[^A-Za-z0-9.]+/g, "_");
  return home ? `${home}/dynamic_rcnn/kernel_choices_v${VARIANTS}_${name}.json` : undefined;
}
