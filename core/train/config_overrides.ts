/** Values given on the command line, `--set KEY=VALUE`, over an experiment's configuration. @module */
import { resolve } from "node:path";
import { UsageError } from "../runtime/errors.ts";
import { allKeys, holdsPath, kindOf } from "./config_keys.ts";
import { isSection, mergeConfig } from "./config_merge.ts";
import { didYouMean } from "./config_nearest.ts";
import { resolveSchedule, type Schedule } from "./config_schedule.ts";
import type { Config, ConfigPatch } from "./config_types.ts";
import { validateConfig } from "./config_validate.ts";

/** Where relative files and folders in overrides start. */
export interface OverrideOptions {
  /** An absolute folder; without it, paths stay as they are given. */
  readonly baseDir?: string;
}

/** A configuration as it will run. */
export interface RunConfig {
  /** Checked, frozen, and scaled: its SOLVER figures are those that the run follows. */
  readonly config: Config;
  /** Sentences that say what was scaled; to be logged. */
  readonly notes: readonly string[];
}

type Patch = Readonly<Record<string, unknown>>;

/**
 * `config` with each `KEY=VALUE` of `overrides` in force, later ones over earlier ones. A value is
 * read as JSON where it is JSON, else as a string. A key may be a section (its keys are merged),
 * a data-set map (replaced), one data set of it or one key of that.
 *
 * @throws UsageError for a missing `=`, an unknown key (naming the nearest) and a wrong value
 *   (naming the expected type).
 */
export function applyOverrides(
  config: Config,
  overrides: readonly string[],
  options: OverrideOptions = {},
): Config {
  return validateConfig(mergeConfig(config, toPatch(config, overrides, options)));
}

/**
 * `config` as it runs: overrides applied, and the schedule scaled to the batch that one device
 * takes ({@link resolveSchedule}).
 *
 * MAX_ITER and STEPS in an experiment count iterations of IMS_PER_BATCH images and are scaled.
 * Given as overrides they count this run's own iterations and are taken as they are: who types
 * `--set SOLVER.MAX_ITER=3` gets 3. BASE_LR is the rate for IMS_PER_BATCH images in both cases.
 *
 * @throws UsageError as {@link applyOverrides} does.
 */
export function resolveRunConfig(
  config: Config,
  overrides: readonly string[],
  options: OverrideOptions = {},
): RunConfig {
  const patch = toPatch(config, overrides, options);
  const given = validateConfig(mergeConfig(config, patch));
  const schedule = resolveSchedule(given);
  if (schedule.scale === 1) return { config: given, notes: [] };
  const own = isSection(patch.SOLVER) ? patch.SOLVER : {};
  const SOLVER: ConfigPatch["SOLVER"] = {
    IMS_PER_BATCH: given.SOLVER.IMS_PER_GPU,
    BASE_LR: schedule.baseLr,
    STEPS: own.STEPS === undefined ? schedule.steps : given.SOLVER.STEPS,
    MAX_ITER: own.MAX_ITER === undefined ? schedule.maxIter : given.SOLVER.MAX_ITER,
  };
  const scaled = validateConfig(mergeConfig(given, { SOLVER }));
  return { config: scaled, notes: [describeScaling(given, scaled, schedule)] };
}

function describeScaling(given: Config, scaled: Config, { scale }: Schedule): string {
  const { IMS_PER_BATCH, BASE_LR } = given.SOLVER;
  const { IMS_PER_GPU, MAX_ITER, STEPS } = scaled.SOLVER;
  return `Batches of ${IMS_PER_GPU} images where the experiment says ${IMS_PER_BATCH}: learning ` +
    `rate ${BASE_LR} / ${scale} = ${scaled.SOLVER.BASE_LR}, ${MAX_ITER} iterations, ` +
    `drops at [${STEPS.join(", ")}].`;
}

function toPatch(
  config: Config,
  overrides: readonly string[],
  { baseDir }: OverrideOptions,
): Patch {
  let patch: Patch = {};
  for (const override of overrides) {
    for (const { path, value } of parseOverride(override)) {
      const resolved = baseDir === undefined ? value : resolvePaths(value, path, baseDir);
      patch = setIn(seedMap(patch, path, config), path, resolved);
    }
  }
  return patch;
}

interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
}

function parseOverride(override: string): Setting[] {
  const equals = override.indexOf("=");
  if (equals < 1) {
    throw new UsageError(
      `--set ${override}: expected KEY=VALUE, for example --set SOLVER.MAX_ITER=200.`,
    );
  }
  const key = override.slice(0, equals).trim();
  const path = key.split(".");
  if (kindOf(path) === undefined) {
    throw new UsageError(`--set ${key}: unknown key${suggest(key)}.`);
  }
  return settingsOf(path, parseValue(override.slice(equals + 1)));
}

/** A section's object as one setting for each of its keys. */
function settingsOf(path: readonly string[], value: unknown): Setting[] {
  if (kindOf(path) !== "section" || !isSection(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => settingsOf([...path, key], inner));
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The full path of a key typed without its section, else the nearest key. */
function suggest(key: string): string {
  const keys = allKeys();
  const tails = keys.filter((known) => known.toUpperCase().endsWith(`.${key.toUpperCase()}`));
  return tails.length > 0 ? ` (did you mean ${tails.join(" or ")}?)` : didYouMean(key, keys);
}

/** Makes relative files and folders in `value` absolute. */
function resolvePaths(value: unknown, path: readonly string[], baseDir: string): unknown {
  if (typeof value === "string") {
    return holdsPath(path) && value !== "" ? resolve(baseDir, value) : value;
  }
  if (!isSection(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      resolvePaths(inner, [...path, key], baseDir),
    ]),
  );
}

/** Data-set maps are replaced as wholes, so setting one entry starts from the map in force. */
function seedMap(patch: Patch, path: readonly string[], config: Config): Patch {
  const map = path.slice(0, 2);
  const [first, second] = map;
  if (path.length <= 2 || kindOf(map) !== "map" || first !== "DATASETS") return patch;
  const section = isSection(patch.DATASETS) ? patch.DATASETS : {};
  if (second === undefined || section[second] !== undefined) return patch;
  return setIn(patch, map, second === "TRAIN" ? config.DATASETS.TRAIN : config.DATASETS.TEST);
}

/** A copy of `target` with `value` at `path`. */
function setIn(target: Patch, path: readonly string[], value: unknown): Patch {
  const [key, ...rest] = path;
  if (key === undefined) return target;
  const current = Object.hasOwn(target, key) ? target[key] : undefined;
  const inner = rest.length === 0 ? value : setIn(isSection(current) ? current : {}, rest, value);
  return Object.fromEntries([...Object.entries(target), [key, inner]]);
}
