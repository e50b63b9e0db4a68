/**
 * What a run folder holds, as far as it is there.
 * @module
 */

import { basename, join, resolve } from "node:path";
import type { BoxXywh, Detection, PrecisionCurves } from "../core/eval/types.ts";
import { DataError } from "../core/runtime/errors.ts";
import { type IterationMetrics, parseMetrics } from "../core/train/metrics.ts";
import { at, isObject, listOf, numberOf, textOf } from "./json.ts";

/** One class's line in a `metrics.json`. */
export interface ClassFigures {
  readonly name: string;
  /** 0…1, or −1 where undefined. */
  readonly AP: number;
  readonly AP50: number;
  readonly annotations: number | undefined;
}

/** One data set's results in a run. */
export interface Inference {
  readonly dataset: string;
  /** Every number at the top of `metrics.json`: AP, AP50, …; 0…1, or −1 where undefined. */
  readonly figures: Readonly<Record<string, number>>;
  readonly perClass: readonly ClassFigures[];
  readonly curves: PrecisionCurves | undefined;
  readonly notes: readonly string[];
  /** Undefined where there is no `predictions.json`. */
  readonly predictions: readonly Detection[] | undefined;
}

/** A run, as far as its folder tells. */
export interface Run {
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
    problems,
  };
}

async function checkFolder(folder: string): Promise<void> {
  const info = await Deno.stat(folder).catch(() => undefined);
  if (info?.isDirectory) return;
  throw new DataError(`Cannot report on ${folder}: there is no such folder; train the run first.`);
}

async function readMetrics(path: string, problems: string[]): Promise<IterationMetrics[]> {
  const text = await readText(path, problems);
  if (text === undefined) return [];
  try {
    return parseMetrics(text);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    problems.push(`${basename(path)}: ${error.message}`);
    return [];
  }
}

async function readInference(folder: string, problems: string[]): Promise<Inference[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    problems.push("The run has not been tested yet: there is no inference folder.");
  }
  return Promise.all(
    names.sort().map(async (dataset) => {
      const metrics = await readJson(join(folder, dataset, "metrics.json"), problems);
      const predictions = await readJson(join(folder, dataset, "predictions.json"), problems);
      return {
        dataset,
        figures: numbersOf(metrics),
        perClass: listOf(at(metrics, "per_class")).flatMap(toClassFigures),
        curves: toCurves(at(metrics, "precision_curves")),
        notes: listOf(at(metrics, "notes")).filter((n) => typeof n === "string"),
        predictions: Array.isArray(predictions) ? predictions.flatMap(toDetection) : undefined,
      };
    }),
  );
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

/** A box of four numbers, or undefined. */
export function toBox(value: unknown): BoxXywh | undefined {
  const [x, y, w, h] = listOf(value).map(numberOf);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return undefined;
  return [x, y, w, h];
}

function toDetection(row: unknown): Detection[] {
  const image = numberOf(at(row, "image_id"));
  const category = numberOf(at(row, "category_id"));
  const score = numberOf(at(row, "score"));
  const bbox = toBox(at(row, "bbox"));
  if (image === undefined || category === undefined || score === undefined || !bbox) return [];
  return [{ image_id: image, category_id: category, bbox, score }];
}

/** A JSON file's value; undefined, told in `problems`, where it is missing or broken. */
export async function readJson(path: string, problems: string[]): Promise<unknown> {
  const text = await readText(path, problems);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problems.push(`${path} is not JSON: ${error.message}.`);
    return undefined;
  }
}

async function readText(path: string, problems: string[]): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "is not there" : `: ${String(error)}`;
    problems.push(`${path} ${reason}.`);
    return undefined;
  }
}
