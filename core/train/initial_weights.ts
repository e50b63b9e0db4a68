/** The weights that a run starts from: MODEL.WEIGHT, or random ones. */
import type { ModelState } from "../nn/state.ts";
import { DataError } from "../runtime/errors.ts";
import type { Config } from "./config_types.ts";
import { projectPath } from "./run_folder.ts";
import { loadWeights } from "./weights/load_weights.ts";
import type { WeightReport } from "./weights/match_report.ts";

/**
 * The absolute path of MODEL.WEIGHT; nothing where it is empty.
 * @throws DataError where there is no such file: it is the user's to place.
 */
export async function initialWeightsPath({ MODEL }: Config): Promise<string | undefined> {
  if (MODEL.WEIGHT === "") return undefined;
  const path = projectPath(MODEL.WEIGHT);
  if (await Deno.stat(path).catch(() => undefined)) return path;
  throw new DataError(
    `There is no file ${path}, which MODEL.WEIGHT names; put it there (R-50.pkl and R-101.pkl are Detectron's ImageNet models), name another with --set MODEL.WEIGHT=FILE, or start from random weights with --set MODEL.WEIGHT=.`,
  );
}

/**
 * Loads MODEL.WEIGHT where the configuration names a file. What it lacks, and a head of another
 * number of classes, keeps its random numbers: the report lists it.
 * @returns nothing where MODEL.WEIGHT is empty
 * @throws UsageError or DataError where the file is missing, broken, or fits nothing in the model.
 */
export async function loadInitialWeights(
  state: ModelState,
  config: Config,
): Promise<WeightReport | undefined> {
  const path = await initialWeightsPath(config);
  if (path === undefined) return undefined;
  return await loadWeights(state, path, { model: config.MODEL, need: "some" });
}
