/** Checkpoints: all that an exact resume needs, written atomically, newest reachable by one link. */
import { basename, join } from "node:path";
import type { DynamicState } from "../detection/dynamic_schedule.ts";
import type { ModelState } from "../nn/state.ts";
import { DataError, UsageError } from "../runtime/errors.ts";
import { sameShape } from "../runtime/shape.ts";
import { checkpointPath, type RunFolder } from "./run_folder.ts";
import { type TensorFile, type TensorSource, writeSafetensors } from "./safetensors.ts";

/** Names of momentum tensors begin with this; the rest is the parameter's name. */
const MOMENTUM = "optimizer.momentum.";

const FORMAT = "dynamic-rcnn checkpoint 1";

/** What a checkpoint holds besides tensors. Data order and samples follow from seed and iteration. */
export interface TrainingState {
  /** The last iteration done, from 1. */
  readonly iteration: number;
  readonly seed: number;
  readonly dynamic: DynamicState;
}

/** An optimizer's momentum, by parameter name; canonical numbers. */
export interface Momentum {
  sources(): readonly TensorSource[];
  load(name: string, data: Float32Array<ArrayBuffer>): void;
}

/** Writes the checkpoint of `training.iteration` and points `last_checkpoint` at it. Returns its path. */
export async function saveCheckpoint(
  folder: RunFolder,
  { model, momentum }: { model: ModelState; momentum: Momentum },
  training: TrainingState,
): Promise<string> {
  await Deno.mkdir(folder.checkpoints, { recursive: true });
  const path = checkpointPath(folder, training.iteration);
  const weights = model.entries().map((entry): TensorSource => ({
    name: entry.name,
    shape: entry.shape,
    read: async () => (await model.canonical(entry)).data,
  }));
  const state = momentum.sources().map((source) => ({ ...source, name: MOMENTUM + source.name }));
  await writeSafetensors(path, [...weights, ...state], {
    format: FORMAT,
    training: JSON.stringify(training),
  });
  await linkAtomically(basename(path), folder.lastCheckpoint);
  return path;
}

async function linkAtomically(target: string, link: string): Promise<void> {
  const temporary = `${link}.tmp-${Deno.pid}`;
  await Deno.remove(temporary).catch(() => {});
  await Deno.symlink(target, temporary);
  await Deno.rename(temporary, link);
}

/** Removes what a kill while saving left behind. */
export async function sweepTemporaries(folder: RunFolder): Promise<void> {
  try {
    for await (const { name } of Deno.readDir(folder.checkpoints)) {
      if (/\.tmp-\d+$/.test(name)) await Deno.remove(join(folder.checkpoints, name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Path of the newest checkpoint; undefined where there is none.
 * @throws DataError where the link to it leads nowhere: going on as if there were none would
 *   overwrite the run.
 */
export async function lastCheckpoint({ lastCheckpoint }: RunFolder): Promise<string | undefined> {
  try {
    return await Deno.realPath(lastCheckpoint);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const target = await Deno.readLink(lastCheckpoint).catch(() => undefined);
  if (target === undefined) return undefined;
  throw new DataError(
    `${lastCheckpoint} leads to ${target}, which is not there; link another checkpoint or start over with --fresh.`,
  );
}

/**
 * The training state in a checkpoint file.
 * @throws DataError where it has none (weights alone cannot be resumed from).
 */
export function trainingStateOf(path: string, file: TensorFile): TrainingState {
  const fail = () =>
    new DataError(`${path} holds weights but no training state; start over with --fresh.`);
  if (file.metadata.format !== FORMAT || !file.metadata.training) throw fail();
  try {
    return JSON.parse(file.metadata.training);
  } catch {
    throw fail();
  }
}

/**
 * Overwrites all of a model's tensors with a checkpoint's, or none.
 * @throws UsageError as {@link requireModel}.
 */
export function loadModel(model: ModelState, path: string, file: TensorFile): void {
  requireModel(model, path, file);
  for (const { name } of model.entries()) {
    const found = file.tensors.get(name);
    if (found) model.load(name, found);
  }
  model.loaded();
}

/** What to do with another model's checkpoint. */
const REMEDY = "use that model's own experiment, or --fresh to train anew.";

/**
 * Looks that a checkpoint holds all of a model's tensors.
 * @throws UsageError naming the first that is missing or of another shape.
 */
export function requireModel(model: ModelState, path: string, file: TensorFile): void {
  for (const { name, shape } of model.entries()) {
    const found = file.tensors.get(name);
    if (!found) {
      throw new UsageError(
        `${path} has no tensor ${name}, which this experiment's model needs; ${REMEDY}`,
      );
    }
    if (!sameShape(found.shape, shape)) {
      throw new UsageError(
        `${path} holds ${name} as ${found.shape.join("×")} where this experiment's model has ${
          shape.join("×")
        }; ${REMEDY}`,
      );
    }
  }
}

/** Overwrites an optimizer's momentum with a checkpoint's. */
export function loadMomentum(momentum: Momentum, path: string, file: TensorFile): void {
  for (const { name } of momentum.sources()) {
    const found = file.tensors.get(MOMENTUM + name);
    if (!found) {
      throw new DataError(`${path} has no optimizer state of ${name}; start over with --fresh.`);
    }
    momentum.load(name, found.data);
  }
}
