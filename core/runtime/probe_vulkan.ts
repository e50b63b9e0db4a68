/**
 * Asks the Vulkan loader itself for its devices and their drivers, which WebGPU does not tell: the same
 * adapter name, "llvmpipe", stands for a Mesa that is ten times faster or slower.
 *
 * Structure layouts are those of the Vulkan 1.2 specification on 64-bit systems.
 * @module
 */

/** A device as the Vulkan loader lists it. */
export interface VulkanDevice {
  /** As in `GPUAdapterInfo.description`: `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** Driver name and version: `llvmpipe, Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6)`. */
  readonly driver: string;
  /** True where the "device" is the CPU. */
  readonly isSoftware: boolean;
}

/** What the loader said: whether it is there at all, and its devices. */
export interface VulkanReport {
  /** False where the system has no Vulkan loader (macOS needs none: WebGPU is Metal there). */
  readonly hasLoader: boolean;
  readonly devices: readonly VulkanDevice[];
}

const LOADERS = ["libvulkan.so.1"];

const symbols = {
  vkCreateInstance: { parameters: ["buffer", "pointer", "buffer"], result: "i32" },
  vkDestroyInstance: { parameters: ["pointer", "pointer"], result: "void" },
  vkEnumeratePhysicalDevices: { parameters: ["pointer", "buffer", "buffer"], result: "i32" },
  vkGetPhysicalDeviceProperties2: { parameters: ["pointer", "buffer"], result: "void" },
} as const;

type Loader = Deno.DynamicLibrary<typeof symbols>;

const STRUCTURE = {
  applicationInfo: 0,
  instanceCreateInfo: 1,
  properties2: 1000059001,
  driverProperties: 1000196000,
} as const;
const API_VERSION_1_2 = (1 << 22) | (2 << 12);
const DEVICE_TYPE_CPU = 4;
const NAME_BYTES = 256;
const MAX_DEVICES = 16;

/** The devices that the Vulkan loader lists; none where there is no loader or no driver. Never throws. */
export function probeVulkan(): VulkanReport {
  const loader = openLoader();
  if (!loader) return { hasLoader: false, devices: [] };
  try {
    return { hasLoader: true, devices: listDevices(loader) };
  } finally {
    loader.close();
  }
}

function openLoader(): Loader | null {
  for (const name of LOADERS) {
    try {
      return Deno.dlopen(name, symbols);
    } catch {
      // Not on this system.
    }
  }
  return null;
}

function listDevices(loader: Loader): VulkanDevice[] {
  const { vkCreateInstance, vkDestroyInstance, vkEnumeratePhysicalDevices } = loader.symbols;
  // One buffer, so that the structure pointed to lives as long as the one that points.
  const creation = structure(STRUCTURE.instanceCreateInfo, 64 + 48);
  creation.setBigUint64(24, addressOf(creation) + 64n, true);
  creation.setUint32(64, STRUCTURE.applicationInfo, true);
  creation.setUint32(64 + 44, API_VERSION_1_2, true);
  const instanceSlot = new BigUint64Array(1);
  if (vkCreateInstance(bytesOf(creation), null, bytesOf(instanceSlot)) !== 0) return [];
  const instance = Deno.UnsafePointer.create(instanceSlot[0] ?? 0n);
  try {
    const count = new Uint32Array([MAX_DEVICES]);
    const handles = new BigUint64Array(MAX_DEVICES);
    // Negative is an error; VK_INCOMPLETE (5) means more devices than asked for.
    if (vkEnumeratePhysicalDevices(instance, bytesOf(count), bytesOf(handles)) < 0) return [];
    return [...handles.subarray(0, count[0])].map((handle) => describe(loader, handle));
  } finally {
    vkDestroyInstance(instance, null);
  }
}

function describe(loader: Loader, handle: bigint): VulkanDevice {
  const driver = structure(STRUCTURE.driverProperties, 536);
  const properties = structure(STRUCTURE.properties2, 2048);
  properties.setBigUint64(8, addressOf(driver), true);
  loader.symbols.vkGetPhysicalDeviceProperties2(
    Deno.UnsafePointer.create(handle),
    bytesOf(properties),
  );
  return {
    name: text(properties, 36),
    driver: [text(driver, 20), text(driver, 276)].filter((part) => part !== "").join(", "),
    isSoftware: properties.getUint32(32, true) === DEVICE_TYPE_CPU,
  };
}

/** A zeroed Vulkan structure that begins with its `sType`. */
function structure(type: number, bytes: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint32(0, type, true);
  return view;
}

function bytesOf(view: ArrayBufferView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer);
}

function addressOf(view: DataView<ArrayBuffer>): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytesOf(view))));
}

/** The zero-terminated string of at most {@link NAME_BYTES} bytes at `offset`. */
function text(view: DataView<ArrayBuffer>, offset: number): string {
  const bytes = new Uint8Array(view.buffer, offset, NAME_BYTES);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? NAME_BYTES : end));
}
