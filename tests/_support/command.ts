/** Runs the project's commands as a user does: in a process of their own. */
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../core/cli/main.ts", import.meta.url));

/** The experiment that tests of runs use. */
export const TINY = fileURLToPath(new URL("../fixtures/tiny", import.meta.url));

/** What a command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command without waiting for its end. */
export function startCommand(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-ffi",
      "--allow-sys",
      "--allow-run=git",
      MAIN,
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[]): Promise<CommandResult> {
  return await resultOf(startCommand(args));
}

/** Waits for a started command. */
export async function resultOf(process: Deno.ChildProcess): Promise<CommandResult> {
  const { code, stdout, stderr } = await process.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** `--set` arguments of overrides. */
export function setArguments(sets: readonly string[]): string[] {
  return sets.flatMap((set) => ["--set", set]);
}
