/** The doctor's findings as text for a terminal. */
import { type AdapterReport, FEATURES_THAT_MATTER } from "../runtime/probe.ts";
import type { Complaint, Diagnosis, Findings } from "./doctor_report.ts";

/** The whole report, without a line end after the last line. */
export function formatReport(findings: Findings, diagnosis: Diagnosis): string {
  return [
    ...formatMachine(findings),
    ...formatAdapters(findings.adapters),
    ...formatLibraries(findings),
    "",
    ...formatComplaints(diagnosis.missing),
    formatVerdict(findings, diagnosis),
  ].join("\n");
}

/** Such as `128 MiB`, `2 GiB`, `1.5 GiB`; one decimal where it is not a whole number. */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}

function formatMachine({ versions, system, cores, memoryBytes }: Findings): string[] {
  return [
    line("Project", `Dynamic R-CNN ${versions.project}`),
    line("Deno", `${versions.deno} (V8 ${versions.v8}, TypeScript ${versions.typescript})`),
    line(
      "System",
      `${system.name}, ${system.architecture}, ${cores} core${cores === 1 ? "" : "s"}, ` +
        formatBytes(memoryBytes),
    ),
  ];
}

function formatAdapters(adapters: readonly AdapterReport[]): string[] {
  if (adapters.length === 0) return [line("Adapter", "none")];
  return adapters.flatMap((adapter) => {
    const { limits } = adapter;
    const features = FEATURES_THAT_MATTER.map((feature) =>
      `${feature} ${adapter.features.includes(feature) ? "yes" : "no"}`
    );
    return [
      line("Adapter", `${adapter.name}${adapter.isSoftware ? ", in software" : ""}`),
      line("  driver", adapter.driver ?? "not told"),
      line(
        "  limits",
        `buffer ${formatBytes(limits.maxBufferSize)}, ` +
          `binding ${formatBytes(limits.maxStorageBufferBindingSize)}, ` +
          `${limits.maxStorageBuffersPerShaderStage} bindings a kernel`,
      ),
      line(
        "",
        `workgroup: ${limits.maxComputeInvocationsPerWorkgroup} invocations, ` +
          `${formatBytes(limits.maxComputeWorkgroupStorageSize)} of memory; ` +
          `${limits.maxComputeWorkgroupsPerDimension} workgroups a dimension`,
      ),
      line("  features", features.join(", ")),
      ...(adapter.fault === null ? [] : [line("  fault", adapter.fault)]),
    ];
  });
}

function formatLibraries({ blas, images }: Findings): string[] {
  const threads = blas.threads === null ? "" : `, ${blas.threads} threads`;
  const found = blas.path ?? blas.library;
  return [
    line("BLAS", found === null ? "none" : `${found}${threads}`),
    ...(blas.version === null ? [] : [line("  version", blas.version)]),
    line(
      "Images",
      "fault" in images ? "none" : `sharp ${images.sharp} (libvips ${images.libvips})`,
    ),
  ];
}

function formatComplaints(complaints: readonly Complaint[]): string[] {
  return complaints.flatMap(({ what, effect, install }) => [
    `Missing: ${what}; ${effect}.`,
    `  ${install}`,
    "",
  ]);
}

function formatVerdict({ adapters }: Findings, { defaultDevice, devices }: Diagnosis): string {
  if (defaultDevice === null) return "Training can't run here.";
  if (defaultDevice === "webgpu") return "Training runs on the GPU here (device webgpu).";
  const software = adapters.some((adapter) => adapter.isSoftware);
  const other = devices.webgpu.usable && software
    ? "; --device webgpu runs the software adapter"
    : "";
  return `Training runs on the CPU here (device cpu)${other}.`;
}

function line(label: string, text: string): string {
  return `${label.padEnd(11)}${text}`.trimEnd();
}
