/** What the doctor found, and what follows from it. */
import type { AdapterReport, BlasReport } from "../runtime/probe.ts";
import { installLine, type Need, type System } from "./doctor_install.ts";

/** What was found on this machine. */
export interface Findings {
  readonly versions: {
    readonly project: string;
    readonly deno: string;
    readonly v8: string;
    readonly typescript: string;
  };
  readonly system: System & { readonly architecture: string };
  readonly cores: number;
  readonly memoryBytes: number;
  readonly adapters: readonly AdapterReport[];
  /** False where Linux has no Vulkan loader. */
  readonly hasVulkanLoader: boolean;
  /** True where NVIDIA's tools are installed, whether or not Vulkan sees the GPU. */
  readonly hasNvidiaTools: boolean;
  readonly blas: BlasReport;
  /** Versions of the image library, or why it does not load. */
  readonly images: { readonly sharp: string; readonly libvips: string } | {
    readonly fault: string;
  };
}

/** Something that is missing, or that makes training slow. */
export interface Complaint {
  readonly what: string;
  /** What it means for the user. */
  readonly effect: string;
  /** The line that installs it. */
  readonly install: string;
}

/** What the findings mean. */
export interface Diagnosis {
  readonly devices: {
    readonly cpu: { readonly usable: boolean };
    readonly webgpu: { readonly usable: boolean };
  };
  /** The device that a run without `--device` takes; null where none is usable. */
  readonly defaultDevice: "webgpu" | "cpu" | null;
  readonly canTrain: boolean;
  readonly missing: readonly Complaint[];
}

/** The oldest release of Mesa whose lavapipe computes at full speed: 22.3 takes ten times longer. */
const FAST_MESA = 25;

/** Draws the conclusions. Training can always run on the CPU device, if images can be read. */
export function diagnose(findings: Findings): Diagnosis {
  const readsImages = !("fault" in findings.images);
  const working = findings.adapters.filter((adapter) => adapter.fault === null);
  const webgpu = readsImages && working.length > 0;
  const hasGpu = working.some((adapter) => !adapter.isSoftware);
  return {
    devices: { cpu: { usable: readsImages }, webgpu: { usable: webgpu } },
    defaultDevice: readsImages ? (hasGpu ? "webgpu" : "cpu") : null,
    canTrain: readsImages,
    missing: [
      ...adapterComplaints(findings),
      ...blasComplaints(findings),
      ...imageComplaints(findings),
    ],
  };
}

function adapterComplaints(findings: Findings): Complaint[] {
  const { adapters, system } = findings;
  const complaints: Complaint[] = [];
  const hasGpu = adapters.some((adapter) => !adapter.isSoftware);
  if (adapters.length === 0) complaints.push(noAdapter(findings));
  if (!hasGpu && findings.hasNvidiaTools) {
    complaints.push({
      what: "the NVIDIA driver's Vulkan part",
      effect: "the GPU is not used",
      install: "install the graphics part of the NVIDIA driver (nvidia-vulkan-icd on Debian, " +
        "libnvidia-gl-VERSION on Ubuntu; in a container: NVIDIA_DRIVER_CAPABILITIES=all)",
    });
  }
  const old = adapters.find((adapter) => adapter.isSoftware && mesaRelease(adapter) < FAST_MESA);
  if (old) {
    complaints.push({
      what: `a newer Mesa than ${mesaRelease(old)}`,
      effect: "the software adapter is several times slower than it could be",
      install: installLine("newer-mesa", system),
    });
  }
  return complaints;
}

function noAdapter({ system, hasVulkanLoader }: Findings): Complaint {
  const effect = "there is no WebGPU adapter, so --device webgpu can't be used";
  if (system.os !== "linux") {
    return { what: "a GPU that WebGPU can use", effect, install: "update the system's GPU driver" };
  }
  const need: Need = hasVulkanLoader ? "vulkan-driver" : "vulkan";
  const what = hasVulkanLoader ? "a Vulkan driver" : "the Vulkan loader and a Vulkan driver";
  return { what, effect, install: installLine(need, system) };
}

/** The major release in a driver's name, such as 25; infinite where it is not Mesa's or not known. */
function mesaRelease(adapter: AdapterReport): number {
  const release = /\bMesa (\d+)\./.exec(adapter.driver ?? "");
  return release ? Number(release[1]) : Infinity;
}

function blasComplaints({ blas, system }: Findings): Complaint[] {
  const install = installLine("blas", system);
  if (blas.library === null) {
    const effect = "the CPU device computes in plain loops, many times slower";
    return [{ what: "BLAS", effect, install }];
  }
  if (blas.library === "libblas.so.3" && blas.version === null) {
    const effect = "the BLAS found may be the reference library, many times slower";
    return [{ what: "OpenBLAS", effect, install }];
  }
  return [];
}

function imageComplaints({ images }: Findings): Complaint[] {
  if (!("fault" in images)) return [];
  const effect = `no image can be read, so nothing can be trained (${images.fault})`;
  return [{ what: "the image library (npm package sharp)", effect, install: "deno install" }];
}
