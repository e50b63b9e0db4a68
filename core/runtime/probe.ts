/**
 * Looks at what this machine offers to compute with, without opening a device for work: WebGPU
 * adapters and their drivers, and BLAS.
 * @module
 */
import { probeVulkan } from "./probe_vulkan.ts";
export { probeVulkan, type VulkanDevice, type VulkanReport } from "./probe_vulkan.ts";

/** Limits that decide what fits: bytes, or counts of invocations, bindings and workgroups. */
export const LIMITS_THAT_MATTER = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupsPerDimension",
] as const;

/** Features that make kernels faster or measurable; none is required. */
export const FEATURES_THAT_MATTER = ["shader-f16", "timestamp-query", "subgroups"] as const;

/** A WebGPU adapter. */
export interface AdapterReport {
  /** Such as `llvmpipe (LLVM 15.0.6, 256 bits)`; what `--adapter` is compared with. */
  readonly name: string;
  /** Driver and its version where the Vulkan loader tells them, else null. */
  readonly driver: string | null;
  /** True for an adapter that is a CPU in disguise. */
  readonly isSoftware: boolean;
  readonly limits: Readonly<Record<(typeof LIMITS_THAT_MATTER)[number], number>>;
  readonly features: readonly string[];
  /** Why no device could be opened on it, or null where one was. */
  readonly fault: string | null;
}

/** The BLAS library that `cblas_sgemm` would come from. All are null where there is none. */
export interface BlasReport {
  /** Name that it was found by, one of {@link BLAS_CANDIDATES}. */
  readonly library: string | null;
  /** File that the dynamic linker chose for that name. */
  readonly path: string | null;
  /** Such as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64`. */
  readonly version: string | null;
  readonly threads: number | null;
}

/**
 * BLAS libraries to try, best first; the first that has `cblas_sgemm` is used. `libopenblas.so.0` is
 * Debian's and Arch's (on Debian the pthread variant), `libopenblasp.so.0` Fedora's threaded one.
 * `libblas.so.3` may be the slow reference library, so it comes last.
 */
export const BLAS_CANDIDATES: readonly string[] = [
  "libopenblas.so.0",
  "libopenblasp.so.0",
  "/System/Library/Frameworks/Accelerate.framework/Accelerate",
  "libblas.so.3",
];

/** The adapters that WebGPU gives for either power preference, without repetition. Never throws. */
export async function probeAdapters(): Promise<AdapterReport[]> {
  const reports = new Map<string, AdapterReport>();
  for (const powerPreference of ["high-performance", "low-power"] as const) {
    const adapter = await requestAdapter(powerPreference);
    if (!adapter) continue;
    const report = await describeAdapter(adapter);
    if (!reports.has(report.name)) reports.set(report.name, report);
  }
  return [...reports.values()];
}

/** An adapter of the system's native API; null where there is none. Never throws. */
export async function requestAdapter(
  powerPreference: GPUPowerPreference,
): Promise<GPUAdapter | null> {
  refuseOpenGl();
  halveShares();
  return await navigator.gpu?.requestAdapter({ powerPreference }).catch(() => null) ?? null;
}

/**
 * Where Vulkan has no adapter, Deno on Linux falls back to OpenGL, whose compute shaders were seen to run for
 * minutes and to end in an abort. It looks for OpenGL adapters in any case, for which it loads libEGL: that frees a
 * thread's memory twice where the thread ends while the process does, and aborts it. A backend that the user asked for
 * stays.
 */
function refuseOpenGl(): void {
  const name = "DENO_WEBGPU_BACKEND";
  if (Deno.build.os === "linux" && !Deno.env.has(name)) Deno.env.set(name, "vulkan");
}

/** Threads that Mesa's software adapter starts for each core. */
const THREADS_PER_CORE = 2;

/**
 * Mesa's software adapter starts a thread for each core and gives each one share of a dispatch's workgroups, so that
 * a dispatch lasts as long as its slowest share, and a core that the host borrows holds up all others. With shares of
 * half the size the system evens that out: the quickstart's step took 0.87 of the time (medians of three runs each, by
 * turns, on two cores). Mesa reads this when its adapter is first asked for; a number that the user set stays.
 */
function halveShares(): void {
  const name = "LP_NUM_THREADS";
  if (Deno.build.os !== "linux" || Deno.env.has(name)) return;
  Deno.env.set(name, `${THREADS_PER_CORE * navigator.hardwareConcurrency}`);
}

/** True for an adapter that is a CPU in disguise (lavapipe, SwiftShader, WARP). */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter ||
    /llvmpipe|swiftshader|software|basic render/i.test(adapterName(info));
}

/** What an adapter calls itself, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
export function adapterName(info: GPUAdapterInfo): string {
  return info.description || [info.vendor, info.architecture, info.device].join(" ").trim();
}

async function describeAdapter(adapter: GPUAdapter): Promise<AdapterReport> {
  const { info } = adapter;
  const name = adapterName(info);
  const driver = probeVulkan().devices.find((device) => device.name === name)?.driver;
  const limits = LIMITS_THAT_MATTER.map((limit) => [limit, adapter.limits[limit]]);
  return {
    name,
    driver: driver || null,
    isSoftware: isSoftwareAdapter(info),
    limits: Object.fromEntries(limits),
    features: [...adapter.features].sort(),
    fault: await tryOpen(adapter),
  };
}

async function tryOpen(adapter: GPUAdapter): Promise<string | null> {
  try {
    (await adapter.requestDevice()).destroy();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const blasSymbols = {
  cblas_sgemm: { type: "pointer" },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  openblas_get_num_threads: { parameters: [], result: "i32", optional: true },
} as const;

/** The BLAS library that is found first among `candidates`. Never throws. */
export function probeBlas(candidates: readonly string[] = BLAS_CANDIDATES): BlasReport {
  for (const library of candidates) {
    try {
      const { symbols } = Deno.dlopen(library, blasSymbols);
      const config = symbols.openblas_get_config?.() ?? null;
      return {
        library,
        path: fileOf(symbols.cblas_sgemm) ?? (library.startsWith("/") ? library : null),
        version: config && Deno.UnsafePointerView.getCString(config).trim(),
        threads: symbols.openblas_get_num_threads?.() ?? null,
      };
    } catch {
      // Not on this system, or without cblas_sgemm: the next candidate may be better.
    }
  }
  return { library: null, path: null, version: null, threads: null };
}

const linkerSymbols = {
  dladdr: { parameters: ["pointer", "buffer"], result: "i32" },
} as const;

/** The library file that `address` was loaded from, by `dladdr`: Deno does not tell what it opened. */
function fileOf(address: Deno.PointerValue): string | null {
  try {
    const system = Deno.build.os === "darwin" ? "libSystem.B.dylib" : "libc.so.6";
    const { symbols } = Deno.dlopen(system, linkerSymbols);
    const info = new BigUint64Array(4); // Dl_info: its first member points to the file's name
    if (symbols.dladdr(address, new Uint8Array(info.buffer)) === 0) return null;
    const name = Deno.UnsafePointer.create(info[0] ?? 0n);
    return name && Deno.UnsafePointerView.getCString(name);
  } catch {
    return null;
  }
}
