/** `doctor`: what this machine can train on, what is missing, and the line that installs it. */
import project from "../../deno.json" with { type: "json" };
import { EXIT } from "../runtime/errors.ts";
import { probeAdapters, probeBlas, probeVulkan } from "../runtime/probe.ts";
import { formatReport } from "./doctor_format.ts";
import { parseSystem } from "./doctor_install.ts";
import { diagnose, type Findings } from "./doctor_report.ts";
import type { CommandContext } from "./options.ts";

/**
 * Prints the report.
 * @returns The exit code: 0 where training can run on some device, 4 where it can't.
 */
export async function doctorCommand({ print, json }: CommandContext): Promise<number> {
  const findings = await examine();
  const diagnosis = diagnose(findings);
  print(formatReport(findings, diagnosis));
  json({ ...findings, ...diagnosis });
  return diagnosis.canTrain ? EXIT.ok : EXIT.device;
}

/** Looks at the machine. Reads only. */
async function examine(): Promise<Findings> {
  const { os, arch } = Deno.build;
  const system = parseSystem(readText("/etc/os-release"), { os, isRoot: Deno.uid() === 0 });
  return {
    versions: { project: project.version, ...Deno.version },
    system: { ...system, architecture: arch },
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    adapters: await probeAdapters(),
    hasVulkanLoader: probeVulkan().hasLoader,
    hasNvidiaTools: exists("/usr/bin/nvidia-smi"),
    blas: probeBlas(),
    images: await imageLibrary(),
  };
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // not a Linux that tells its name
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Loads the image library, which brings a native binary that may be missing for this system. */
async function imageLibrary(): Promise<Findings["images"]> {
  try {
    const { versions } = (await import("sharp")).default;
    return { sharp: versions.sharp ?? "unknown", libvips: versions.vips };
  } catch (error) {
    const [reason = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { fault: reason };
  }
}
