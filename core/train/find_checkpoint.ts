/** Which checkpoint to use: the newest, one of an iteration, or the newest that is whole. @module */
import { basename, join } from "node:path";
import { DataError, UsageError } from "../runtime/errors.ts";
import { lastCheckpoint, readCheckpoint, trainingStateOf } from "./checkpoint.ts";
import type { RunFolder } from "./run_folder.ts";

/** Ours, and the original's under the name that it gives them. Ours come first. */
const CHECKPOINT = /^model_(\d+)\.(safetensors|pth)$/;

/** A checkpoint in a run's folder. */
export interface SavedCheckpoint {
  readonly path: string;
  readonly iteration: number;
}

/** A run's checkpoints by ascending iteration, those dropped in by hand included. */
export async function savedCheckpoints({ checkpoints }: RunFolder): Promise<SavedCheckpoint[]> {
  const found: SavedCheckpoint[] = [];
  try {
    for await (const { name } of Deno.readDir(checkpoints)) {
      const match = name.match(CHECKPOINT);
      if (match) found.push({ path: join(checkpoints, name), iteration: Number(match[1]) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => a.iteration - b.iteration || (a.path > b.path ? -1 : 1));
}

/** A checkpoint to use; with a label where it is not the newest. */
export interface ChosenCheckpoint {
  readonly path: string;
  /** What folders of results are told apart by. */
  readonly label?: string;
}

/**
 * The checkpoint of an iteration (`model_%07d.safetensors` or `.pth`); without one the newest, which
 * is whatever `last_checkpoint` leads to.
 * @throws UsageError where that iteration has none; DataError where there is none at all.
 */
export async function chooseCheckpoint(
  folder: RunFolder,
  iteration: number | undefined,
): Promise<ChosenCheckpoint> {
  if (iteration === undefined) {
    const newest = await lastCheckpoint(folder);
    if (newest !== undefined) return { path: newest };
    throw new DataError(
      `There is no checkpoint in ${folder.checkpoints}; train first, or name a file with --weights.`,
    );
  }
  const saved = await savedCheckpoints(folder);
  const found = saved.find((one) => one.iteration === iteration);
  if (found === undefined) {
    const there = new Set(saved.map((one) => one.iteration));
    throw new UsageError(
      `There is no checkpoint of iteration ${iteration} in ${folder.checkpoints}; there are: ${
        [...there].join(", ") || "none"
      }.`,
    );
  }
  const newest = await Deno.readLink(folder.lastCheckpoint).catch(() => "");
  return basename(newest) === basename(found.path)
    ? { path: found.path }
    : { path: found.path, label: `${iteration}` };
}

/** Where a run goes on, and why not from a newer checkpoint. */
export interface ResumePoint {
  /** Absent: there is no checkpoint. */
  readonly path?: string;
  /** What is wrong with each newer one. */
  readonly faults: readonly string[];
}

/**
 * The checkpoint that a run goes on from. `strict`: the one that `last_checkpoint` leads to, damaged
 * or not. `auto`: the newest that is whole and can be resumed from.
 * @throws DataError where `auto` finds checkpoints and none of them is whole.
 */
export async function findResumePoint(
  folder: RunFolder,
  mode: "strict" | "auto",
): Promise<ResumePoint> {
  if (mode === "strict") return { path: await lastCheckpoint(folder), faults: [] };
  const faults: string[] = [];
  let linked: string | undefined;
  try {
    linked = await lastCheckpoint(folder);
  } catch (error) {
    faults.push(faultOf(error));
  }
  const saved = (await savedCheckpoints(folder)).map(({ path }) => path).reverse();
  for (const path of new Set(linked === undefined ? saved : [linked, ...saved])) {
    try {
      trainingStateOf(await readCheckpoint(path));
      return { path, faults };
    } catch (error) {
      faults.push(faultOf(error));
    }
  }
  if (faults.length === 0) return { faults };
  throw new DataError(
    `No checkpoint in ${folder.checkpoints} can be gone on from; start over with --fresh.\n${
      faults.join("\n")
    }`,
  );
}

function faultOf(error: unknown): string {
  if (error instanceof DataError) return error.message;
  throw error;
}
