/** One process to a run: a second one would tear its checkpoints and metrics. @module */
import { join } from "node:path";
import { UsageError } from "../runtime/errors.ts";
import type { RunFolder } from "./run_folder.ts";

/** Holds a run's folder until it is disposed of, or the process ends in whatever way. */
export class RunLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Takes the run, making its folder where it is not there.
   * @throws UsageError naming the process where another one has it.
   */
  static async take(folder: RunFolder): Promise<RunLock> {
    await Deno.mkdir(folder.root, { recursive: true });
    const path = lockPath(folder);
    const file = await Deno.open(path, { read: true, write: true, create: true });
    // The system's lock, not the file's being there: it goes with its process, even one that was killed.
    if (!await file.tryLock(true)) {
      file.close();
      const holder = (await Deno.readTextFile(path)).trim();
      throw new UsageError(
        `Process ${
          holder || "(unknown)"
        } is training in ${folder.root}; wait for it, stop it, or choose another folder with --set OUTPUT_DIR=….`,
      );
    }
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return new RunLock(file);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Whether a process, this or another one, is training in a folder now. */
export async function isBeingTrained(folder: RunFolder): Promise<boolean> {
  try {
    using file = await Deno.open(lockPath(folder), { read: true, write: true });
    return !await file.tryLock(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function lockPath({ root }: RunFolder): string {
  return join(root, ".lock");
}
