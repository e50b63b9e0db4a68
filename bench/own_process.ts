/** A step of ours in a process of its own, timed as a peer is. */
import { fileURLToPath } from "node:url";
import type { OpenOptions } from "../core/runtime/mod.ts";
import { UserError } from "../core/runtime/errors.ts";
import type { OwnStep } from "./own_step.ts";
import { LineProcess } from "./peers/line_process.ts";
import type { Contestant } from "./timing.ts";

const PROGRAM = fileURLToPath(new URL("./own_step.ts", import.meta.url));

/** One line to the process. */
export type OwnRequest =
  | { readonly request: "prepare"; readonly step: OwnStep; readonly open: OpenOptions }
  /** Runs the step so often. */
  | { readonly request: "time"; readonly times: number };

/** One line from it; `error` where it cannot do it. */
export interface OwnAnswer {
  readonly error?: string;
  /** To prepare: operations of the step. */
  readonly flops?: number;
  /** To time: milliseconds of one run. */
  readonly ms?: number;
  /** Most bytes that the device's tensors held so far. */
  readonly tensors?: number;
  /** Most bytes of resident memory that the process held so far; null where the system does not tell. */
  readonly process?: number | null;
}

/** A process with a step that is ready to run. */
export class OwnProcess implements Contestant {
  /** Operations of the step. */
  readonly flops: number;
  readonly #process: LineProcess;
  #memory: { device: number; process: number | null } = { device: 0, process: null };

  private constructor(process: LineProcess, flops: number) {
    this.#process = process;
    this.flops = flops;
  }

  /** Starts a process and runs the step once. @throws UserError where it cannot */
  static async start(step: OwnStep, open: OpenOptions): Promise<OwnProcess> {
    // Deno lets a process read what the system tells of it only with all permissions.
    const process = LineProcess.start("deno", ["run", "--allow-all", PROGRAM]);
    if (!(process instanceof LineProcess)) {
      throw new UserError(`Cannot run deno to time a step: ${process.missing}.`);
    }
    try {
      const { flops = 0 } = await ask(process, { request: "prepare", step, open });
      return new OwnProcess(process, flops);
    } catch (error) {
      await process.close();
      throw error;
    }
  }

  /** Most bytes held so far: by the device's tensors, and by the process. */
  get memory(): { readonly device: number; readonly process: number | null } {
    return this.#memory;
  }

  async time(times: number): Promise<number> {
    const answer = await ask(this.#process, { request: "time", times });
    const { ms = NaN, tensors = 0, process = null } = answer;
    this.#memory = { device: tensors, process };
    return ms;
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

async function ask(process: LineProcess, request: OwnRequest): Promise<OwnAnswer> {
  const answer = await process.ask<OwnAnswer>(request).catch(async (error): Promise<OwnAnswer> => ({
    error: await process.lastError() || String(error),
  }));
  if (answer.error === undefined) return answer;
  throw new UserError(`A step could not be timed: ${answer.error}`);
}
