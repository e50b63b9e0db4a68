/** Checkpoints: all that an exact resume needs, written atomically, newest reachable by one link. */
import { basename, join } from "node:path";
import type { DynamicState } from "../detection/dynamic_schedule.ts";
import type { ModelState } from "../nn/state.ts";
import { DataError, UsageError } from "../runtime/errors.ts";
import { sameShape } from "../runtime/shape.ts";
import { checkpointPath, type RunFolder } from "./run_folder.ts";
import { verifyChecksums } from "./weights/checksums.ts";
import { describeShape } from "./weights/match_weights.ts";
import { readWeights } from "./weights/read_weights.ts";
import { type TensorSource, writeSafetensors } from "./weights/safetensors_writer.ts";
import type { WeightFile } from "./weights/weight_file.ts";

/** Names of momentum tensors begin with this; the rest is the parameter's name. */
export const MOMENTUM = "optimizer.momentum.";

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
 * Reads a checkpoint and compares it with its checksums.
 * @throws DataError naming the tensor where it is damaged.
 */
export async function readCheckpoint(path: string): Promise<WeightFile> {
  const file = await readWeights(path);
  verifyChecksums(file);
  return file;
}

/**
 * The training state in a checkpoint file.
 * @throws DataError where it has none (weights alone cannot be resumed from).
 */
export function trainingStateOf({ path, metadata }: WeightFile): TrainingState {
  const fail = () =>
    new DataError(
      `${path} holds weights but no training state to go on from; start from them with --fresh --init-from ${path}, or over with --fresh.`,
    );
  if (metadata.format !== FORMAT || !metadata.training) throw fail();
  try {
    return JSON.parse(metadata.training);
  } catch {
    throw fail();
  }
}

/**
 * Overwrites all of a model's tensors with a checkpoint's, or none.
 * @throws UsageError as {@link requireModel}.
 */
export function loadModel(model: ModelState, file: WeightFile): void {
  requireModel(model, file);
  for (const { name } of model.entries()) {
    const found = file.tensors.get(name);
    if (found) model.load(name, found);
  }
  model.loaded();
}

/** What to do with another model's checkpoint. */
const REMEDY =
  "use that model's own experiment, --fresh to train anew, or --fresh --init-from FILE to fine-tune it.";

/**
 * Looks that a checkpoint holds a model's tensors, all of them and no others.
 * @throws UsageError naming the first that is missing, of another shape, or of another model.
 */
export function requireModel(model: ModelState, { path, tensors }: WeightFile): void {
  for (const { name, shape } of model.entries()) {
    const found = tensors.get(name);
    if (!found) {
      throw new UsageError(
        `${path} has no tensor ${name}, which this experiment's model needs; ${REMEDY}`,
      );
    }
    if (!sameShape(found.shape, shape)) {
      throw new UsageError(
        `${path} holds ${name} as ${describeShape(found.shape)} where this experiment's model has ${
          describeShape(shape)
        }; ${REMEDY}`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (name.startsWith(MOMENTUM) || model.get(name)) continue;
    throw new UsageError(
      `${path} holds ${name}, which this experiment's model has not; ${REMEDY}`,
    );
  }
}

/** Overwrites an optimizer's momentum with a checkpoint's. */
export function loadMomentum(momentum: Momentum, { path, tensors }: WeightFile): void {
  for (const { name } of momentum.sources()) {
    const found = tensors.get(MOMENTUM + name);
    if (!found) {
      throw new DataError(`${path} has no optimizer state of ${name}; start over with --fresh.`);
    }
    momentum.load(name, found.data);
  }
}
