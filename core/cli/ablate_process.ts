/** One run of an ablation in a process of its own: a crash of it loses no other. @module */
import { join } from "node:path";
import { EXIT } from "../runtime/errors.ts";
import { PROJECT_ROOT } from "../train/run_folder.ts";

/** What `train` needs; the launcher itself touches neither devices nor git. */
const PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-ffi",
  "--allow-sys",
  "--allow-run=git",
];

const MAIN = join(PROJECT_ROOT, "core", "cli", "main.ts");

/** Where a run's news go. */
export interface RunEvents {
  /** An iteration that the run has reached, and its loss. */
  progress(iteration: number, loss: number): void;
  /** A warning or an error of the run. */
  trouble(line: string): void;
}

/** What became of a run's process. */
export interface RunEnd {
  /** Of a process that a signal killed: 128 and the signal's number. */
  readonly code: number;
  /** The last line that told of trouble; "" where there was none. */
  readonly trouble: string;
}

/** Starts `train`s one after another, and hands signals on to the one that runs. */
export class RunProcesses implements Disposable {
  readonly #cwd: string;
  readonly #onSignal: (signal: Deno.Signal) => void;
  readonly #handlers: (readonly [Deno.Signal, () => void])[];
  #current: Deno.ChildProcess | undefined;
  #stopCode: number | undefined;

  /**
   * @param options.cwd where the user stands, absolute
   * @param options.onSignal told of every SIGINT and SIGTERM
   */
  constructor(options: { cwd: string; onSignal: (signal: Deno.Signal) => void }) {
    this.#cwd = options.cwd;
    this.#onSignal = options.onSignal;
    this.#handlers = (["SIGINT", "SIGTERM"] as const).map((signal) => {
      const handler = () => this.#handOn(signal);
      Deno.addSignalListener(signal, handler);
      return [signal, handler] as const;
    });
  }

  /** 130 or 143 once a signal came. */
  get stopCode(): number | undefined {
    return this.#stopCode;
  }

  /** Runs `train` with `args` to its end. */
  async train(args: readonly string[], events: RunEvents): Promise<RunEnd> {
    const process = new Deno.Command("deno", {
      args: ["run", ...PERMISSIONS, MAIN, "train", ...args],
      // As `deno task` does: the project's folder, and the user's in a variable.
      cwd: PROJECT_ROOT,
      env: { INIT_CWD: this.#cwd },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      // A group of its own: a terminal's Ctrl-C would reach it beside the signal handed on, and the second ends it unsaved.
      detached: true,
    }).spawn();
    this.#current = process;
    try {
      const trouble = await follow(process.stderr, events);
      return { code: (await process.status).code, trouble };
    } finally {
      this.#current = undefined;
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) Deno.removeSignalListener(signal, handler);
  }

  #handOn(signal: "SIGINT" | "SIGTERM"): void {
    this.#stopCode = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
    this.#onSignal(signal);
    try {
      this.#current?.kill(signal);
    } catch (error) {
      // It ended by itself just before.
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
    }
  }
}

/** Reads a run's log to its end; returns the last trouble. */
async function follow(stderr: ReadableStream<Uint8Array>, events: RunEvents): Promise<string> {
  let rest = "", trouble = "";
  for await (const text of stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [, iteration, loss] = /^eta: .*\biter: (\d+) .*?\bloss: ([^ ]+)/.exec(line) ?? [];
      if (iteration !== undefined) events.progress(Number(iteration), Number(loss));
      else if (/^(warning|error): /.test(line)) events.trouble(trouble = line);
    }
  }
  return trouble;
}
