/** The lines that install what a machine lacks, by its package manager. */

/** What training may need from the system. */
export type Need = "vulkan" | "vulkan-driver" | "newer-mesa" | "blas";

/** What the install lines depend on. */
export interface System {
  readonly os: typeof Deno.build.os;
  /** Distribution as it calls itself: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** `ID`, then `ID_LIKE`, of os-release, such as `["ubuntu", "debian"]`; empty where unknown. */
  readonly families: readonly string[];
  /** `VERSION_CODENAME` of os-release, such as `bookworm`; empty where unknown. */
  readonly codename: string;
  /** True where no sudo is needed. */
  readonly isRoot: boolean;
}

interface Manager {
  readonly families: readonly string[];
  /** The command before the packages; `SUDO ` stands where root's rights are needed. */
  readonly command: string;
  readonly packages: Readonly<Record<"vulkan" | "vulkan-driver" | "blas", string>>;
}

// Debian's lines are tried on Debian 12; the others' package names are from their distributions' lists.
const MANAGERS: readonly Manager[] = [
  {
    families: ["debian", "ubuntu"],
    command: "SUDO apt-get update && SUDO apt-get install -y",
    packages: {
      "vulkan": "libvulkan1 mesa-vulkan-drivers",
      "vulkan-driver": "mesa-vulkan-drivers",
      "blas": "libopenblas0",
    },
  },
  {
    families: ["fedora", "rhel", "centos"],
    command: "SUDO dnf install -y",
    packages: {
      "vulkan": "vulkan-loader mesa-vulkan-drivers",
      "vulkan-driver": "mesa-vulkan-drivers",
      "blas": "openblas-threads",
    },
  },
  {
    families: ["arch"],
    command: "SUDO pacman -S --needed",
    packages: {
      "vulkan": "vulkan-icd-loader vulkan-swrast",
      "vulkan-driver": "vulkan-swrast",
      "blas": "openblas",
    },
  },
  {
    families: ["suse", "opensuse"],
    command: "SUDO zypper install -y",
    packages: {
      "vulkan": "libvulkan1 libvulkan_lvp",
      "vulkan-driver": "libvulkan_lvp",
      "blas": "libopenblas_pthreads0",
    },
  },
];

const IN_WORDS: Readonly<Record<Need, string>> = {
  "vulkan": "install the Vulkan loader and Mesa's lavapipe driver with your package manager",
  "vulkan-driver": "install Mesa's lavapipe Vulkan driver with your package manager",
  "newer-mesa": "update Mesa's Vulkan drivers to release 25 or later with your package manager",
  "blas": "install OpenBLAS with your package manager",
};

/** Reads the text of `/etc/os-release` (empty text: an unknown system). */
export function parseSystem(
  osRelease: string,
  machine: Pick<System, "os" | "isRoot">,
): System {
  const values = new Map<string, string>();
  for (const line of osRelease.split("\n")) {
    const match = /^(\w+)=["']?(.*?)["']?\s*$/.exec(line);
    if (match) values.set(match[1] ?? "", match[2] ?? "");
  }
  const families = `${values.get("ID") ?? ""} ${values.get("ID_LIKE") ?? ""}`;
  return {
    ...machine,
    name: values.get("PRETTY_NAME") ?? machine.os,
    families: families.split(/\s+/).filter((family) => family !== ""),
    codename: values.get("VERSION_CODENAME") ?? "",
  };
}

/** The line to type for `need`; advice in words where the package manager is not known. */
export function installLine(need: Need, system: System): string {
  const manager = MANAGERS.find((known) =>
    known.families.some((family) => system.families.includes(family))
  );
  if (!manager) return IN_WORDS[need];
  const sudo = system.isRoot ? "" : "sudo ";
  const command = manager.command.replaceAll("SUDO ", sudo);
  if (need !== "newer-mesa") return `${command} ${manager.packages[need]}`;
  // Of the systems in use, this one has its newer Mesa in a place of its own.
  if (system.codename === "bookworm" && system.families[0] === "debian") {
    return `${command} mesa-vulkan-drivers/bookworm-backports  ` +
      "(with bookworm-backports among the package sources)";
  }
  return IN_WORDS[need];
}
