/** Runs the project's commands as a user does: in a process of their own, or quicker in this one. */
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../core/cli/run_command.ts";
import { PROJECT_ROOT } from "../../core/train/run_folder.ts";

const MAIN = fileURLToPath(new URL("../../core/cli/main.ts", import.meta.url));

/** The experiment that tests of runs use. */
export const TINY = fileURLToPath(new URL("../fixtures/tiny", import.meta.url));

/** What a command left. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command without waiting for its end; `env` is added to this process's variables. */
export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      "run",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-ffi",
      "--allow-sys",
      // As in deno.json: the launcher of an ablation starts runs, a run asks git for the commit.
      `--allow-run=${args[0] === "ablate" ? "deno" : "git"}`,
      // Training may serve its page; nothing else may listen or ask anywhere.
      ...(args[0] === "train" ? ["--allow-net=127.0.0.1"] : []),
      MAIN,
      ...args,
    ],
    env: { ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Waits until something holds of a process at work. @throws where it has ended before. */
export async function untilHolds(
  process: Deno.ChildProcess,
  holds: () => Promise<boolean>,
): Promise<void> {
  let ended = false;
  void process.status.then(() => ended = true);
  while (!await holds()) {
    if (ended) throw new Error("The process ended before what it was to reach.");
    await new Promise((done) => setTimeout(done, 5));
  }
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[]): Promise<CommandResult> {
  return await resultOf(startCommand(args));
}

/** Runs a command in this process, standing in `cwd`; what it prints is kept. */
export async function runHere(
  args: readonly string[],
  cwd: string = PROJECT_ROOT,
): Promise<CommandResult> {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const code = await runCommandLine(args, {
    cwd,
    stdout: (text) => stdout.push(text),
    stderr: (text) => stderr.push(text),
  });
  return { code, stdout: stdout.join("\n"), stderr: stderr.join("\n") };
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
