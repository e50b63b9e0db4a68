/** On what a run is made: versions, platform, commit. @module */
import { PROJECT_ROOT, type RunEnvironment } from "./run_folder.ts";

/** The part of the environment that only the run itself knows. */
export type RunDevice = Pick<RunEnvironment, "adapter" | "device" | "seed" | "command">;

/** The environment to record, with now as its date. */
export async function collectEnvironment(device: RunDevice): Promise<RunEnvironment> {
  return {
    deno: Deno.version.deno,
    ...device,
    commit: await currentCommit(),
    date: new Date().toISOString(),
    platform: `${Deno.build.os} ${Deno.build.arch}`,
  };
}

/** The project's commit, `-dirty` where tracked files differ from it; null where git has none. */
async function currentCommit(): Promise<string | null> {
  const commit = await git("rev-parse", "HEAD");
  if (commit === null) return null;
  const changes = await git("status", "--porcelain", "--untracked-files=no");
  return changes === "" ? commit : `${commit}-dirty`;
}

async function git(...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["-C", PROJECT_ROOT, ...args],
      stdout: "piped",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    // No git on this machine, or no permission to run it: the record goes without.
    return null;
  }
}
