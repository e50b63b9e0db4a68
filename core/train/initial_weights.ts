/** The weights that a run starts from: MODEL.WEIGHT, or random ones. */
import type { ModelState } from "../nn/state.ts";
import type { Config } from "./config_types.ts";
import { requireWeightFile } from "./missing_weights.ts";
import { projectPath } from "./run_folder.ts";
import { loadWeights } from "./weights/load_weights.ts";
import type { WeightReport } from "./weights/match_report.ts";

/**
 * Loads MODEL.WEIGHT where the configuration names a file. What it lacks, and a head of another
 * number of classes, keeps its random numbers: the report lists it.
 * @returns nothing where MODEL.WEIGHT is empty
 * @throws UsageError or DataError where the file is missing, broken, or fits nothing in the model.
 */
export async function loadInitialWeights(
  state: ModelState,
  { MODEL }: Config,
): Promise<WeightReport | undefined> {
  if (MODEL.WEIGHT === "") return undefined;
  const path = projectPath(MODEL.WEIGHT);
  await requireWeightFile(path);
  return await loadWeights(state, path, { model: MODEL, need: "some" });
}
