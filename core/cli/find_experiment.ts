/** Finding and loading the experiment that a user names. @module */
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../runtime/errors.ts";
import { type Config, resolveRunConfig, type RunConfig, validateConfig } from "../train/config.ts";
import { didYouMean } from "../train/config_nearest.ts";
import { PROJECT_ROOT } from "../train/run_folder.ts";
import type { CommonOptions, ExperimentOption } from "./options.ts";

/** Where an experiment lies. */
export interface ExperimentLocation {
  /** Its path below `experiments` (elsewhere its folder's name): what its run folder is called. */
  readonly id: string;
  /** Its folder, absolute. */
  readonly folder: string;
  /** Its `config.ts`, absolute. */
  readonly file: string;
}

/** An experiment as it will run. */
export interface Experiment extends ExperimentLocation, RunConfig {}

/** Where to look: the folder that the user stands in, and the one that holds all experiments. */
export interface SearchOptions {
  readonly cwd: string;
  /** `experiments` of the project by default. */
  readonly experiments?: string;
}

const EXPERIMENTS = join(PROJECT_ROOT, "experiments");
const CONFIG_FILE = "config.ts";

/**
 * The experiment that `options` name, loaded, with `--set` and `--seed` in force and its schedule
 * scaled to the batch ({@link resolveRunConfig}). Log its `notes`.
 *
 * @throws UsageError where it is not found, does not load, or an override does not hold.
 */
export async function openExperiment(
  options: ExperimentOption & Pick<CommonOptions, "sets" | "seed">,
  search: SearchOptions,
): Promise<Experiment> {
  const location = await findExperiment(options.experiment, search);
  const sets = options.seed === undefined
    ? options.sets
    : [...options.sets, `SEED=${options.seed}`];
  const config = await loadExperiment(location);
  return { ...location, ...resolveRunConfig(config, sets, { baseDir: search.cwd }) };
}

/**
 * The experiment named by its folder, its `config.ts`, or its path below `experiments`; without a
 * name, the one whose folder the user stands in.
 *
 * @throws UsageError naming the nearest experiment and all there are.
 */
export async function findExperiment(
  name: string | undefined,
  search: SearchOptions,
): Promise<ExperimentLocation> {
  const { cwd, experiments = EXPERIMENTS } = search;
  if (name === undefined) {
    const here = await experimentAt(cwd, search);
    if (here !== undefined) return here;
    throw new UsageError(`Which experiment? ${await listing(experiments)}`);
  }
  const folders = [
    resolve(cwd, name),
    resolve(dirname(experiments), name),
    resolve(experiments, name),
  ];
  for (const folder of folders) {
    const found = await experimentAt(folder, search);
    if (found !== undefined) return found;
  }
  const known = await listExperiments(experiments);
  const short = basename(name);
  throw new UsageError(
    `No experiment ${name}${didYouMean(short, known)}. ${await listing(experiments)}`,
  );
}

/** The experiment whose folder or `config.ts` is at `path` (absolute); undefined where none is. */
export async function experimentAt(
  path: string,
  { experiments = EXPERIMENTS }: Omit<SearchOptions, "cwd"> = {},
): Promise<ExperimentLocation | undefined> {
  const folder = basename(path) === CONFIG_FILE ? dirname(path) : path;
  const file = join(folder, CONFIG_FILE);
  if (!await isFile(file)) return undefined;
  const below = relative(experiments, folder);
  const inside = below !== "" && !below.startsWith("..") && !isAbsolute(below);
  return { id: inside ? below.split(sep).join("/") : basename(folder), folder, file };
}

/** The ids of all experiments below `experiments`, sorted; folders that start with _ are none. */
export async function listExperiments(experiments: string = EXPERIMENTS): Promise<string[]> {
  const found: string[] = [];
  async function visit(folder: string, id: string): Promise<void> {
    if (id !== "" && await isFile(join(folder, CONFIG_FILE))) {
      found.push(id);
      return;
    }
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.isDirectory || entry.name.startsWith("_")) continue;
      await visit(join(folder, entry.name), id === "" ? entry.name : `${id}/${entry.name}`);
    }
  }
  await visit(experiments, "");
  return found.sort();
}

/**
 * The configuration that an experiment's `config.ts` exports.
 * @throws UsageError where the file does not load or its default export is no configuration.
 */
export async function loadExperiment({ file }: ExperimentLocation): Promise<Config> {
  // A module of its own: where the file is the main module, it waits in launch() for the run, and
  // importing it as it is would wait for that in turn.
  const url = `${pathToFileURL(file).href}?experiment`;
  let module: unknown;
  try {
    module = await import(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${file} does not load: ${reason}`, { cause });
  }
  if (typeof module !== "object" || module === null || !("default" in module)) {
    throw new UsageError(`${file}: expected \`export default defineExperiment({ … })\`.`);
  }
  return validateConfig(module.default);
}

async function listing(experiments: string): Promise<string> {
  const ids = await listExperiments(experiments);
  return ids.length === 0 ? "There are none yet." : `There are: ${ids.join(", ")}.`;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
