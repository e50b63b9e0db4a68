/**
 * The folder that a run leaves behind: where each of its files lies, and the record of what was
 * run (`config.json`).
 * @module
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError, UsageError } from "../runtime/errors.ts";
import { type Config, validateConfig } from "./config.ts";
import { writeAll, writeFileAtomically } from "./write_file.ts";

/** The project's folder: the one that holds `core`, `experiments`, `data` and `output`. */
export const PROJECT_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Absolute paths of a run's files; none need exist. */
export interface RunFolder {
  readonly root: string;
  /** The configuration as resolved, with versions, adapter, commit and seed. */
  readonly config: string;
  /** What was printed. */
  readonly log: string;
  /** One JSON object for each iteration. */
  readonly metrics: string;
  readonly checkpoints: string;
  /** A link to the newest whole checkpoint. */
  readonly lastCheckpoint: string;
  readonly inference: string;
  readonly report: string;
  /** The timeline of a few steps (`train --profile`). */
  readonly profile: string;
}

/** Predictions, figures and pictures of one data set in a run. */
export interface InferenceFolder {
  readonly root: string;
  /** COCO results form. */
  readonly predictions: string;
  readonly metrics: string;
  /** Pictures with boxes (`test -s`). */
  readonly pictures: string;
}

/** On what a run was made. */
export interface RunEnvironment {
  /** Deno's version. */
  readonly deno: string;
  /** The adapter's or the BLAS library's name. */
  readonly adapter: string;
  readonly device: "webgpu" | "cpu";
  /** git's commit, with `-dirty` behind it where files differed; null outside a checkout. */
  readonly commit: string | null;
  readonly seed: number;
  /** What was typed. */
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly date: string;
  /** For example `linux x86_64`. */
  readonly platform: string;
}

/** What `config.json` holds. */
export interface RunRecord {
  /** The experiment's path below `experiments`, for example `quickstart`. */
  readonly experiment: string;
  readonly config: Config;
  readonly environment: RunEnvironment;
}

/** A relative path in a configuration as an absolute one: it starts at the project's folder. */
export function projectPath(path: string): string {
  return isAbsolute(path) ? path : join(PROJECT_ROOT, path);
}

/** The folder of an experiment's run: OUTPUT_DIR, else `output/<experiment>`. */
export function runFolderOf(experiment: string, config: Config): RunFolder {
  return runFolderAt(projectPath(config.OUTPUT_DIR ?? join("output", experiment)));
}

/** The run folder at the absolute path `root`. */
export function runFolderAt(root: string): RunFolder {
  return {
    root,
    config: join(root, "config.json"),
    log: join(root, "train_log.txt"),
    metrics: join(root, "metrics.jsonl"),
    profile: join(root, "profile.json"),
    checkpoints: join(root, "checkpoints"),
    lastCheckpoint: join(root, "checkpoints", "last_checkpoint"),
    inference: join(root, "inference"),
    report: join(root, "report.html"),
  };
}

/** The checkpoint of `iteration` (from 1): `checkpoints/model_0002500.safetensors`. */
export function checkpointPath(folder: RunFolder, iteration: number): string {
  return join(folder.checkpoints, `model_${String(iteration).padStart(7, "0")}.safetensors`);
}

/** Where what is found on `dataset` (a name of DATASETS.TEST) goes. */
export function inferenceFolder(folder: RunFolder, dataset: string): InferenceFolder {
  const root = join(folder.inference, dataset);
  return {
    root,
    predictions: join(root, "predictions.json"),
    metrics: join(root, "metrics.json"),
    pictures: join(root, "pictures"),
  };
}

/** Writes `text` to `path`, atomically, making the folder where it is not there. */
export async function writeTextAtomically(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await writeFileAtomically(path, (file) => writeAll(file, new TextEncoder().encode(text)));
}

/** Writes the run's `config.json`, atomically, making the folder where it is not there. */
export async function writeRunRecord(folder: RunFolder, record: RunRecord): Promise<void> {
  await writeTextAtomically(folder.config, JSON.stringify(record, null, 2) + "\n");
}

/**
 * The run's `config.json`; undefined where there is none.
 * @throws DataError where it is not JSON or not a run's record.
 * @throws UsageError where its configuration does not hold (it was edited, or is of another version).
 */
export async function readRunRecord(folder: RunFolder): Promise<RunRecord | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(folder.config);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const record = parseRecord(text);
  if (record === undefined) {
    throw new DataError(
      `${folder.config} is not a run's record (an object of experiment, config and environment); ` +
        "move the file away or choose another folder.",
    );
  }
  return { ...record, config: validateConfig(record.config) };
}

/**
 * Looks that a run may write into a folder.
 * @throws UsageError where its `config.json` is something else than a run's record, as in a folder
 *   of the user's own: it would be overwritten.
 */
export async function requireRunFolder({ root, config }: RunFolder): Promise<void> {
  const text = await Deno.readTextFile(config).catch(() => undefined);
  if (text === undefined || parseRecord(text) !== undefined) return;
  throw new UsageError(
    `OUTPUT_DIR: ${root} holds a config.json that no run wrote; choose another folder.`,
  );
}

function parseRecord(text: string): RunRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is RunRecord {
  return typeof value === "object" && value !== null && "config" in value &&
    "experiment" in value && typeof value.experiment === "string" &&
    "environment" in value && typeof value.environment === "object" && value.environment !== null;
}

/**
 * The run below `outputRoot` that was trained last: the one whose metrics (or, before its first
 * iteration, record) changed last. Undefined where there is none.
 */
export async function findLastRun(
  outputRoot: string = projectPath("output"),
): Promise<RunFolder | undefined> {
  let newest: { folder: RunFolder; time: number } | undefined;
  for await (const folder of runsBelow(outputRoot)) {
    const time = await changeTime(folder.metrics) ?? await changeTime(folder.config) ?? 0;
    if (newest === undefined || time > newest.time) newest = { folder, time };
  }
  return newest?.folder;
}

/** All run folders at or below `root`, a folder in a run never being one itself. */
export async function* runsBelow(root: string): AsyncGenerator<RunFolder> {
  const folder = runFolderAt(root);
  if (await changeTime(folder.config) !== undefined) {
    yield folder;
    return;
  }
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(root)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return;
    throw error;
  }
  for (const name of names.sort()) yield* runsBelow(join(root, name));
}

async function changeTime(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? 0;
  } catch {
    return undefined;
  }
}
