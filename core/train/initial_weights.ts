/** The weights that a run starts from: MODEL.WEIGHT, or random ones. */
import type { ModelState } from "../nn/state.ts";
import { UsageError } from "../runtime/errors.ts";
import { loadModel } from "./checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";

/**
 * Overwrites all of a model's tensors with those of a file of ours (`.safetensors`).
 * @throws UsageError for a file of another kind, or of another model.
 * @throws DataError for a missing or broken file.
 */
export async function loadWeights(model: ModelState, path: string): Promise<void> {
  if (!path.endsWith(".safetensors")) {
    throw new UsageError(
      `${path} cannot be read: only .safetensors checkpoints of this project can, so far; use --set MODEL.WEIGHT= to start from random weights.`,
    );
  }
  loadModel(model, path, await readSafetensors(path));
}
