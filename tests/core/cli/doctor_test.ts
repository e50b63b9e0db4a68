import assert from "node:assert/strict";
import { formatBytes, formatReport } from "../../../core/cli/doctor_format.ts";
import { installLine, parseSystem, type System } from "../../../core/cli/doctor_install.ts";
import { diagnose, type Findings } from "../../../core/cli/doctor_report.ts";
import type { AdapterReport } from "../../../core/runtime/probe.ts";

const DEBIAN_12 = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`;
const MINT =
  `NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=virginia\n`;
const FEDORA = `PRETTY_NAME='Fedora Linux 42'\nID=fedora\n`;

function system(osRelease: string, isRoot = false): System {
  return parseSystem(osRelease, { os: "linux", isRoot });
}

const LAVAPIPE: AdapterReport = {
  name: "llvmpipe (LLVM 15.0.6, 256 bits)",
  driver: "llvmpipe, Mesa 25.0.7-2~bpo12+1 (LLVM 15.0.6)",
  isSoftware: true,
  limits: {
    maxBufferSize: 2 ** 31 - 1,
    maxStorageBufferBindingSize: 2 ** 27,
    maxStorageBuffersPerShaderStage: 48,
    maxComputeWorkgroupStorageSize: 2 ** 15,
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  features: ["shader-f16"],
  fault: null,
};

const GPU: AdapterReport = { ...LAVAPIPE, name: "A GPU", driver: "its driver", isSoftware: false };

const COMPLETE: Findings = {
  versions: { project: "0.1.0", deno: "2.9.6", v8: "15.0", typescript: "6.0.3" },
  system: { ...system(DEBIAN_12), architecture: "x86_64" },
  cores: 2,
  memoryBytes: 24 * 2 ** 30,
  adapters: [LAVAPIPE],
  hasVulkanLoader: true,
  hasNvidiaTools: false,
  blas: {
    library: "libopenblas.so.0",
    path: "/lib/libopenblas.so.0",
    version: "OpenBLAS 0.3.21",
    threads: 2,
  },
  images: { sharp: "0.35.5", libvips: "8.18.7" },
};

const NO_BLAS = { library: null, path: null, version: null, threads: null };

Deno.test("parseSystem() reads quoted and bare values of os-release", () => {
  const debian = system(DEBIAN_12);
  assert.equal(debian.name, "Debian GNU/Linux 12 (bookworm)");
  assert.deepEqual(debian.families, ["debian"]);
  assert.equal(debian.codename, "bookworm");
  assert.deepEqual(system(MINT).families, ["linuxmint", "ubuntu", "debian"]);
  assert.equal(system(FEDORA).name, "Fedora Linux 42");
});

Deno.test("parseSystem() of an empty os-release names the operating system", () => {
  assert.deepEqual(system(""), {
    os: "linux",
    isRoot: false,
    name: "linux",
    families: [],
    codename: "",
  });
});

Deno.test("installLine() uses the package manager of the family, and sudo only for a non-root", () => {
  assert.equal(
    installLine("blas", system(MINT)),
    "sudo apt-get update && sudo apt-get install -y libopenblas0",
  );
  assert.equal(
    installLine("vulkan", system(DEBIAN_12, true)),
    "apt-get update && apt-get install -y libvulkan1 mesa-vulkan-drivers",
  );
  assert.match(installLine("vulkan-driver", system(FEDORA)), /^sudo dnf install -y mesa-vulkan/);
});

Deno.test("installLine() names backports only for Debian 12, and words for unknown systems", () => {
  assert.match(installLine("newer-mesa", system(DEBIAN_12)), /mesa-vulkan-drivers\/bookworm-backp/);
  assert.doesNotMatch(installLine("newer-mesa", system(MINT)), /backports/);
  assert.equal(installLine("blas", system("")), "install OpenBLAS with your package manager");
});

Deno.test("diagnose() finds nothing missing on a complete machine without a GPU", () => {
  const diagnosis = diagnose(COMPLETE);
  assert.deepEqual(diagnosis.missing, []);
  assert.equal(diagnosis.defaultDevice, "cpu");
  assert.ok(diagnosis.canTrain && diagnosis.devices.webgpu.usable);
});

Deno.test("diagnose() of a bare machine names loader, driver and BLAS, and still lets it train", () => {
  const bare = { ...COMPLETE, adapters: [], hasVulkanLoader: false, blas: NO_BLAS };
  const { missing, canTrain, devices } = diagnose(bare);
  assert.deepEqual(missing.map((complaint) => complaint.install), [
    "sudo apt-get update && sudo apt-get install -y libvulkan1 mesa-vulkan-drivers",
    "sudo apt-get update && sudo apt-get install -y libopenblas0",
  ]);
  assert.ok(canTrain);
  assert.equal(devices.webgpu.usable, false);
  const [driverOnly] = diagnose({ ...bare, hasVulkanLoader: true }).missing;
  assert.match(driverOnly?.install ?? "", /-y mesa-vulkan-drivers$/);
});

Deno.test("diagnose() prefers a real GPU, wherever it stands in the list", () => {
  assert.equal(diagnose({ ...COMPLETE, adapters: [LAVAPIPE, GPU] }).defaultDevice, "webgpu");
  const broken = { ...GPU, fault: "no device" };
  assert.equal(diagnose({ ...COMPLETE, adapters: [broken] }).defaultDevice, "cpu");
});

Deno.test("diagnose() points out an old Mesa, a hidden NVIDIA GPU and a reference BLAS", () => {
  const old = { ...LAVAPIPE, driver: "llvmpipe, Mesa 22.3.6 (LLVM 15.0.6)" };
  const blas = { ...NO_BLAS, library: "libblas.so.3", path: "/lib/libblas.so.3" };
  const { missing } = diagnose({ ...COMPLETE, adapters: [old], hasNvidiaTools: true, blas });
  assert.deepEqual(missing.map((complaint) => complaint.what), [
    "the NVIDIA driver's Vulkan part",
    "a newer Mesa than 22",
    "OpenBLAS",
  ]);
  assert.deepEqual(diagnose({ ...COMPLETE, adapters: [GPU], hasNvidiaTools: true }).missing, []);
});

Deno.test("diagnose() says that training is impossible where images can't be read", () => {
  const diagnosis = diagnose({ ...COMPLETE, images: { fault: "no binary for this system" } });
  assert.equal(diagnosis.canTrain, false);
  assert.equal(diagnosis.defaultDevice, null);
  assert.match(diagnosis.missing[0]?.effect ?? "", /no binary for this system/);
});

Deno.test("formatReport() names adapter, driver, limits, libraries and verdict", () => {
  const report = formatReport(COMPLETE, diagnose(COMPLETE));
  assert.match(report, /^Adapter +llvmpipe \(LLVM 15\.0\.6, 256 bits\), in software$/m);
  assert.match(report, /^ {2}driver +llvmpipe, Mesa 25\.0\.7/m);
  assert.match(report, /buffer 2 GiB, binding 128 MiB, 48 bindings/);
  assert.match(report, /shader-f16 yes, timestamp-query no, subgroups no/);
  assert.match(report, /^BLAS +\/lib\/libopenblas\.so\.0, 2 threads$/m);
  assert.match(report, /Training runs on the CPU here .*software adapter\.$/);
  assert.doesNotMatch(report, /Missing/);
});

Deno.test("formatReport() of a bare machine gives each install line a line of its own", () => {
  const bare = { ...COMPLETE, adapters: [], hasVulkanLoader: false, blas: NO_BLAS };
  const lines = formatReport(bare, diagnose(bare)).split("\n");
  assert.ok(lines.includes("Adapter    none"));
  assert.ok(lines.includes("BLAS       none"));
  assert.ok(lines.includes("  sudo apt-get update && sudo apt-get install -y libopenblas0"));
  assert.equal(lines.at(-1), "Training runs on the CPU here (device cpu).");
});

Deno.test("formatBytes() takes the unit that fits and drops a zero decimal", () => {
  assert.equal(formatBytes(0), "0 bytes");
  assert.equal(formatBytes(1024), "1 KiB");
  assert.equal(formatBytes(1.5 * 2 ** 30), "1.5 GiB");
  assert.equal(formatBytes(2 ** 31 - 1), "2 GiB"); // not "2048 MiB"
});
