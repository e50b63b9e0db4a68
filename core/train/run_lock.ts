/** One process to a run: a second one would tear its checkpoints and metrics. @module */
import { join } from "node:path";
import { UsageError } from "../runtime/errors.ts";
import type { RunFolder } from "./run_folder.ts";

/** Tries to take a lock, and milliseconds between them: whoever looks at a lock holds it for a moment. */
const TRIES = 5;
const PAUSE = 50;

/** Holds a run's folder until it is disposed of, or the process ends in whatever way. */
export class RunLock implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Takes the run, making its folder where it is not there.
   * @throws UsageError naming the process where another one has it.
   */
  static async take(folder: RunFolder): Promise<RunLock> {
    await Deno.mkdir(folder.root, { recursive: true });
    const path = lockPath(folder);
    for (let tries = 0; tries < TRIES; tries++) {
      const file = await openLocked(path);
      if (file) {
        await file.truncate();
        await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
        return new RunLock(file, path);
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    const holder = await Deno.readTextFile(path).catch(() => "");
    throw new UsageError(
      `Process ${
        holder.trim() || "(unknown)"
      } is training in ${folder.root}; wait for it, stop it, or choose another folder with --set OUTPUT_DIR=….`,
    );
  }

  [Symbol.dispose](): void {
    // Before the lock goes: whoever has it open meanwhile finds that it is not the one in the folder.
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      // Someone has removed the folder: that is no fault of the run.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    } finally {
      this.#file.close();
    }
  }
}

/**
 * The lock's file, locked; undefined where another process has it or has just given it up. The system's
 * lock counts and not the file's being there: it goes with its process, even one that was killed.
 */
async function openLocked(path: string): Promise<Deno.FsFile | undefined> {
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (await file.tryLock(true)) {
    const [own, there] = [await file.stat(), await Deno.stat(path).catch(() => undefined)];
    if (there && own.ino === there.ino) return file;
  }
  file.close();
  return undefined;
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
