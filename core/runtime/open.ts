/** Opening a device by name, or the best there is. */
import { CpuDevice } from "./cpu/device.ts";
import type { Device } from "./device.ts";
import { DeviceError } from "./errors.ts";
import { WebGpuDevice, type WebGpuOptions } from "./webgpu/device.ts";

/** Which device to open. */
export interface OpenOptions {
  /** `webgpu`, `cpu`, or where absent: WebGPU on a real GPU, else the CPU device. */
  readonly kind?: "webgpu" | "cpu";
  /** Part of the wanted adapter's description, in any case. */
  readonly adapter?: string;
  /** As in {@link WebGpuOptions}. */
  readonly maxBindingBytes?: number;
  readonly forceVariant?: string;
  /** False to measure nothing and read no measured choices; true where absent. */
  readonly tuning?: boolean;
}

/**
 * Opens a device.
 * @throws DeviceError where WebGPU is asked for and there is no adapter, or none of that name.
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  if (options.kind === "cpu") return new CpuDevice();
  const adapter = await findAdapter(options);
  if (options.kind === "webgpu") {
    if (!adapter) {
      throw new DeviceError(
        "There is no WebGPU adapter; install a Vulkan driver (on Debian: apt-get install mesa-vulkan-drivers) or use --device cpu.",
      );
    }
    return await openWebGpu(adapter, options);
  }
  if (!adapter || isSoftware(adapter.info)) return new CpuDevice();
  return await openWebGpu(adapter, options);
}

/** Opens the WebGPU device that has to be there. @throws DeviceError as {@link openDevice}. */
export async function openWebGpu(
  adapter: GPUAdapter,
  options: OpenOptions = {},
): Promise<WebGpuDevice> {
  const { limits } = adapter;
  const wanted = {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    maxComputeWorkgroupSizeY: limits.maxComputeWorkgroupSizeY,
  };
  const gpu = await adapter.requestDevice({ requiredLimits: wanted });
  const webGpu: WebGpuOptions = {
    info: adapter.info,
    maxBindingBytes: options.maxBindingBytes,
    forceVariant: options.forceVariant,
    tuningFile: options.tuning === false ? undefined : tuningFile(adapter.info),
  };
  return new WebGpuDevice(gpu, webGpu);
}

async function findAdapter(options: OpenOptions): Promise<GPUAdapter | null> {
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" }) ??
    null;
  if (!options.adapter) return adapter;
  const found = adapter ? describeAdapter(adapter.info) : "none";
  if (found.toLowerCase().includes(options.adapter.toLowerCase())) return adapter;
  throw new DeviceError(`There is no adapter named "${options.adapter}"; found: ${found}.`);
}

function describeAdapter(info: GPUAdapterInfo): string {
  return info.description || info.device || info.vendor;
}

function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || /llvmpipe|swiftshader|software/i.test(describeAdapter(info));
}

/** Where measured kernel choices of an adapter are kept: the user's cache folder. */
function tuningFile(info: GPUAdapterInfo): string | undefined {
  const home = Deno.env.get("XDG_CACHE_HOME") ??
    (Deno.env.get("HOME") && `${Deno.env.get("HOME")}/.cache`);
  const name = describeAdapter(info).replace(/[^A-Za-z0-9.]+/g, "_");
  return home ? `${home}/dynamic_rcnn/kernel_choices_${name}.json` : undefined;
}
