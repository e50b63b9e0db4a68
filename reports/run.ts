/**
 * What a run folder holds, as far as it is there.
 * @module
 */

import { basename, join, resolve } from "node:path";
import type { Detection, PrecisionCurves } from "../core/eval/types.ts";
import { DataError } from "../core/runtime/errors.ts";
import { type IterationMetrics, parseMetrics } from "../core/train/metrics.ts";
import { at, isObject, listOf, numberOf, readJson, readText, textOf, toBox } from "./json.ts";

/** One class's line in a `metrics.json`. */
export interface ClassFigures {
  readonly name: string;
  /** 0…1, or −1 where undefined; so are the others. */
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly AP90: number;
  readonly annotations: number | undefined;
}

/** One data set's results in a run. */
export interface Inference {
  readonly dataset: string;
  /** Every number at the top of `metrics.json`: AP, AP50, …; 0…1, or −1 where undefined. */
  readonly figures: Readonly<Record<string, number>>;
  readonly perClass: readonly ClassFigures[];
  /** Images of the data set. */
  readonly images: number | undefined;
  readonly curves: PrecisionCurves | undefined;
  readonly notes: readonly string[];
  /** The file of the detections, which may not be there. */
  readonly predictionsFile: string;
}

/** A run, as far as its folder tells. */
export interface Run {
  /** The experiment's. */
  readonly name: string;
  /** As it was named. */
  readonly folder: string;
  /** The configuration under the original's keys; an empty object where it is missing. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly metrics: readonly IterationMetrics[];
  readonly inference: readonly Inference[];
  /** What is missing or broken: one sentence each. */
  readonly problems: readonly string[];
}

/**
 * Reads a run's folder. What is missing or broken is left out and told in `problems`.
 * Throws DataError where the folder is not there or holds nothing of a run.
 */
export async function readRun(path: string): Promise<Run> {
  const folder = resolve(path);
  await checkFolder(folder);
  const problems: string[] = [];
  const record = await readJson(join(folder, "config.json"), problems);
  const metrics = await readMetrics(join(folder, "metrics.jsonl"), problems);
  const inference = await readInference(join(folder, "inference"), problems);
  if (record === undefined && metrics.length === 0 && inference.length === 0) {
    throw new DataError(
      `Cannot report on ${folder}: it holds no config.json, metrics.jsonl or inference folder; ` +
        `name a run's folder, such as output/quickstart.`,
    );
  }
  const config = at(record, "config");
  const environment = at(record, "environment");
  return {
    name: textOf(at(record, "experiment")) ?? basename(folder),
    folder: path,
    config: isObject(config) ? config : {},
    environment: isObject(environment) ? environment : {},
    metrics,
    inference,
    problems: [...problems, ...unfinished(folder, { config, metrics })],
  };
}

async function checkFolder(folder: string): Promise<void> {
  const info = await Deno.stat(folder).catch(() => undefined);
  if (info?.isDirectory) return;
  throw new DataError(`Cannot report on ${folder}: there is no such folder; train the run first.`);
}

/** The iteration that a run of this configuration ends with. */
export function iterationsOf(config: unknown): number | undefined {
  return numberOf(at(config, "SOLVER", "MAX_ITER"));
}

function unfinished(
  folder: string,
  { config, metrics }: { config: unknown; metrics: readonly IterationMetrics[] },
): string[] {
  const [last, end] = [metrics.at(-1)?.iteration, iterationsOf(config)];
  if (last === undefined || end === undefined || last >= end) return [];
  return [`${folder}: the run has not finished: it is at iteration ${last} of ${end}.`];
}

async function readMetrics(path: string, problems: string[]): Promise<IterationMetrics[]> {
  const text = await readText(path, problems);
  if (text === undefined) return [];
  try {
    return parseMetrics(text);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    problems.push(`${path}: ${error.message}`);
    return [];
  }
}

async function readInference(folder: string, problems: string[]): Promise<Inference[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    problems.push(`${folder} is not there: the run has not been tested yet.`);
  }
  return Promise.all(
    names.sort().map(async (dataset) => {
      const metrics = await readJson(join(folder, dataset, "metrics.json"), problems);
      return {
        dataset,
        figures: numbersOf(metrics),
        perClass: listOf(at(metrics, "per_class")).flatMap(toClassFigures),
        images: numberOf(at(metrics, "counts", "images")),
        curves: toCurves(at(metrics, "precision_curves")),
        notes: listOf(at(metrics, "notes")).filter((n) => typeof n === "string"),
        predictionsFile: join(folder, dataset, "predictions.json"),
      };
    }),
  );
}

/** A data set's detections; undefined, told in `problems`, where they cannot be read. */
export async function readPredictions(
  { predictionsFile }: Inference,
  problems: string[],
): Promise<Detection[] | undefined> {
  const json = await readJson(predictionsFile, problems);
  if (json === undefined) return undefined;
  if (Array.isArray(json)) return json.flatMap(toDetection);
  problems.push(`${predictionsFile} is no list of detections.`);
  return undefined;
}

function numbersOf(value: unknown): Record<string, number> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, v]) => typeof v === "number" ? [[key, v]] : []),
  );
}

function toClassFigures(row: unknown): ClassFigures[] {
  const name = textOf(at(row, "name"));
  if (name === undefined) return [];
  return [{
    name,
    AP: numberOf(at(row, "AP")) ?? -1,
    AP50: numberOf(at(row, "AP50")) ?? -1,
    AP75: numberOf(at(row, "AP75")) ?? -1,
    AP90: numberOf(at(row, "AP90")) ?? -1,
    annotations: numberOf(at(row, "annotations")),
  }];
}

function toCurves(value: unknown): PrecisionCurves | undefined {
  const numbers = (list: unknown) => listOf(list).filter((v) => typeof v === "number");
  const curves = {
    iou: numbers(at(value, "iou")),
    recall: numbers(at(value, "recall")),
    precision: listOf(at(value, "precision")).map(numbers),
  };
  return curves.precision.length > 0 ? curves : undefined;
}

function toDetection(row: unknown): Detection[] {
  const image = numberOf(at(row, "image_id"));
  const category = numberOf(at(row, "category_id"));
  const score = numberOf(at(row, "score"));
  const bbox = toBox(at(row, "bbox"));
  if (image === undefined || category === undefined || score === undefined || !bbox) return [];
  return [{ image_id: image, category_id: category, bbox, score }];
}
