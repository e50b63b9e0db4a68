/** What a command is given besides its options. @module */
import { resolve } from "node:path";
import type { CommandContext } from "./options.ts";

/** Where a process writes and where it stands; replaced in tests. */
export interface Surroundings {
  readonly cwd: string;
  /** True where stderr is a terminal; absent: it is none. */
  readonly isTerminal?: boolean;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** Of this process: the folder is the one where the user typed `deno task`, not the project's. */
export function processSurroundings(): Surroundings {
  return {
    cwd: userFolder(),
    isTerminal: Deno.stderr.isTerminal(),
    stdout: (text) => writeLine(Deno.stdout, text),
    stderr: (text) => writeLine(Deno.stderr, text),
  };
}

function userFolder(): string {
  // `deno task` changes into the project's folder and leaves the user's in INIT_CWD.
  return Deno.env.get("INIT_CWD") || Deno.cwd();
}

function writeLine(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let written = 0; written < bytes.length;) {
    written += stream.writeSync(bytes.subarray(written));
  }
}

/** The context of one command. */
export function makeContext(
  surroundings: Surroundings,
  { json, commandLine }: { readonly json: boolean; readonly commandLine: string },
): CommandContext {
  return {
    cwd: surroundings.cwd,
    commandLine,
    path: (typed) => resolve(surroundings.cwd, typed),
    isTerminal: surroundings.isTerminal ?? false,
    note: surroundings.stderr,
    print: (line) => json ? undefined : surroundings.stdout(line),
    json: (result) => json ? surroundings.stdout(JSON.stringify(result, null, 2)) : undefined,
  };
}
