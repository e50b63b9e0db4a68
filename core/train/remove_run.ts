/** Starting over: removes what a run left, and nothing else that lies in its folder. @module */
import { join } from "node:path";
import { inferenceFolder, type RunFolder } from "./run_folder.ts";

/** What a run writes into its folder of checkpoints; an ending `.tmp-123` is what a kill left. */
const CHECKPOINT_FILE = /^(model_\d+\.safetensors|last_checkpoint)(\.tmp-\d+)?$/;

/** Removes a run's files; folders go where nothing else is in them. */
export async function removeRun(folder: RunFolder): Promise<void> {
  const { config, log, metrics, checkpoints, inference, report, profile } = folder;
  for (const file of [config, log, metrics, report, profile]) await remove(file);
  for (const name of await namesIn(checkpoints)) {
    if (CHECKPOINT_FILE.test(name)) await remove(join(checkpoints, name));
  }
  for (const name of await namesIn(inference)) {
    const { root, predictions, metrics, pictures } = inferenceFolder(folder, name);
    for (const path of [predictions, metrics, pictures]) await remove(path);
    await removeIfEmpty(root);
  }
  await removeIfEmpty(checkpoints);
  await removeIfEmpty(inference);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

async function removeIfEmpty(folder: string): Promise<void> {
  if ((await namesIn(folder)).length === 0) await remove(folder);
}
