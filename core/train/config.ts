/**
 * The typed configuration: the original's keys and figures, checked before any device work.
 *
 * ```ts
 * export default defineExperiment({ SOLVER: { MAX_ITER: 300, STEPS: [200] } });
 * ```
 * @module
 */
import { defaultValues } from "./config_defaults.ts";
import { mergeConfig } from "./config_merge.ts";
import type { Config, ConfigPatch } from "./config_types.ts";
import { validateConfig } from "./config_validate.ts";

export type {
  Config,
  ConfigInput,
  ConfigPatch,
  DatasetConfig,
  DeepPartial,
  DeepReadonly,
} from "./config_types.ts";
export { validateConfig } from "./config_validate.ts";
export {
  applyOverrides,
  type OverrideOptions,
  resolveRunConfig,
  type RunConfig,
} from "./config_overrides.ts";
export { resolveSchedule, type Schedule } from "./config_schedule.ts";

/** The original's `r50_fpn_1x`, which every experiment starts from. */
export const defaults: Config = validateConfig(defaultValues);

/**
 * An experiment's configuration: `differences` over `base`, key by key. Lists and the data-set
 * maps DATASETS.TRAIN and .TEST replace those of the base. The number of proposals kept of a
 * batch (MODEL.RPN.FPN_POST_NMS_TOP_N_*) is 1000 × IMS_PER_GPU unless it is given.
 *
 * @returns a whole, checked and frozen configuration; neither argument is changed.
 * @throws UsageError naming the dotted path, what was expected and what was received.
 */
export function defineExperiment(differences: ConfigPatch, base: Config = defaults): Config {
  return validateConfig(mergeConfig(base, differences));
}
