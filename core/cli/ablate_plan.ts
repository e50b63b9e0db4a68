/** The runs of an ablation: which there are, where they lie, and what of them is done. @module */
import { join } from "node:path";
import { UsageError } from "../runtime/errors.ts";
import { type Config, resolveSchedule } from "../train/config.ts";
import {
  inferenceFolder,
  readRunRecord,
  type RunFolder,
  runFolderAt,
  runFolderOf,
} from "../train/run_folder.ts";
import { type Variant, VARIANT_NAMES, VARIANTS } from "./ablate_variants.ts";
import { type ExperimentLocation, openExperiment } from "./find_experiment.ts";
import type { AblateOptions } from "./options.ts";

/** One run of an ablation. */
export interface PlannedRun {
  readonly variant: Variant;
  readonly seed: number;
  /** Such as `dsl, seed 1`. */
  readonly label: string;
  readonly folder: RunFolder;
  /** As it will run. */
  readonly config: Config;
  readonly iterations: number;
  /** The settings that make it this run, as `train` takes them. */
  readonly arguments: readonly string[];
}

/** An ablation: seed by seed, so that an early stop still compares all variants. */
export interface AblationPlan {
  readonly experiment: ExperimentLocation;
  /** Where the runs' folders and the report lie. */
  readonly root: string;
  readonly runs: readonly PlannedRun[];
}

/** How far a run is. */
export type RunState = "absent" | "begun" | "complete";

/**
 * The runs that an ablation consists of, below the experiment's output folder: `ablation/dsl_seed1`.
 * Seeds count up from the configuration's SEED (or `--seed`).
 * @throws UsageError as {@link openExperiment} does, and where the last seed is no seed.
 */
export async function planAblation(
  options: AblateOptions,
  { cwd }: { readonly cwd: string },
): Promise<AblationPlan> {
  const experiment = await openExperiment(options, { cwd });
  const root = join(runFolderOf(experiment.id, experiment.config).root, "ablation");
  const runs: PlannedRun[] = [];
  for (let i = 0; i < options.seeds; i++) {
    const seed = experiment.config.SEED + i;
    for (const variant of VARIANT_NAMES) {
      if (!options.variants.includes(variant)) continue;
      runs.push(await planRun({ ...options, variant, seed }, { cwd, root }));
    }
  }
  return { experiment, root, runs };
}

async function planRun(
  options: AblateOptions & { readonly variant: Variant; readonly seed: number },
  { cwd, root }: { readonly cwd: string; readonly root: string },
): Promise<PlannedRun> {
  const { variant, seed } = options;
  const folder = runFolderAt(join(root, `${variant}_seed${seed}`));
  const { DLA, DSL } = VARIANTS[variant];
  const sets = [
    ...options.sets,
    `MODEL.DYNAMIC_RCNN.DLA=${DLA}`,
    `MODEL.DYNAMIC_RCNN.DSL=${DSL}`,
    `OUTPUT_DIR=${JSON.stringify(folder.root)}`,
  ];
  const { config } = await openExperiment({ ...options, sets, seed }, { cwd });
  return {
    variant,
    seed,
    label: `${variant}, seed ${seed}`,
    folder,
    config,
    iterations: resolveSchedule(config).maxIter,
    arguments: [...sets.flatMap((set) => ["--set", set]), "--seed", String(seed)],
  };
}

/** Whether a run is trained, tested and has its report, which is written last. */
export async function stateOf({ folder, config }: PlannedRun): Promise<RunState> {
  const results = Object.keys(config.DATASETS.TEST)
    .map((name) => inferenceFolder(folder, name).metrics);
  const found = await Promise.all([...results, folder.report].map(exists));
  if (found.every(Boolean)) return "complete";
  return await exists(folder.config) ? "begun" : "absent";
}

/**
 * Looks that a run in a planned run's folder is that very run: mixing settings would compare what
 * cannot be compared.
 * @throws UsageError naming the settings that differ.
 */
export async function requireSameSettings(
  { folder, config }: PlannedRun,
  experiment: string,
): Promise<void> {
  const record = await readRunRecord(folder);
  if (record === undefined) return;
  const remedy = "add --fresh to start the ablation over, or choose another folder with " +
    "--set OUTPUT_DIR=….";
  if (record.experiment !== experiment) {
    throw new UsageError(
      `${folder.root} holds a run of ${record.experiment}, not of ${experiment}; ${remedy}`,
    );
  }
  const differences = differencesOf(record.config, config);
  if (differences.length === 0) return;
  throw new UsageError(
    `${folder.root} holds a run with other settings: ${differences.join("; ")}; ${remedy}`,
  );
}

/** Each key whose values differ, as `KEY was A and is B now`. */
function differencesOf(before: unknown, now: unknown, path = ""): string[] {
  if (isSection(before) && isSection(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...keys].flatMap((key) =>
      differencesOf(before[key], now[key], path === "" ? key : `${path}.${key}`)
    );
  }
  const [was, is] = [JSON.stringify(before) ?? "absent", JSON.stringify(now) ?? "absent"];
  return was === is ? [] : [`${path} was ${was} and is ${is} now`];
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
