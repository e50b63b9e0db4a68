/**
 * What only the detections themselves tell: errors by kind, classes taken for one another, and what
 * stands on each picture. One run at a time, so that memory holds one run's detections.
 * @module
 */

import { isAbsolute, join } from "node:path";
import { breakDownErrors, type Confusion, confusion, type Detection } from "../core/eval/mod.ts";
import type { ErrorBreakdown } from "../core/eval/mod.ts";
import { type Annotations, toAnnotations } from "./gallery/annotations.ts";
import type { PlacedRun } from "./groups.ts";
import { at, numberOf, readJson, textOf } from "./json.ts";
import { type Inference, readPredictions } from "./run.ts";

/** The original's TEST.VIS_THRESH, where a configuration has none. */
const DEFAULT_THRESHOLD = 0.3;

/** One run's detections of a data set, seen through. */
export interface Analysis {
  readonly run: PlacedRun;
  readonly errors: ErrorBreakdown;
  readonly confusion: Confusion;
  /** Those above the threshold, by image. */
  readonly sure: ReadonlyMap<number, readonly Detection[]>;
}

/** A data set, and the runs whose detections of it could be read. */
export interface DatasetAnalysis {
  readonly dataset: string;
  readonly truth: Annotations;
  /** Folder of the images, absolute. */
  readonly imageFolder: string;
  /** Detections from this score on are drawn and counted as decisions. */
  readonly threshold: number;
  readonly runs: readonly Analysis[];
}

/** Where to look, and where to tell what is missing. */
export interface AnalysisOptions {
  /** The folder from which relative paths in configurations start. */
  readonly root: string;
  readonly problems: string[];
}

/** Where a run's data set lies. */
interface Place {
  readonly imageFolder: string;
  readonly truthFile: string;
}

/**
 * Analyses every run's detections of `dataset`. Undefined, told in `problems`, where no run has any
 * or the truth is missing. Runs with another truth than the first's are left out and named.
 */
export async function analyse(
  runs: readonly PlacedRun[],
  dataset: string,
  { root, problems }: AnalysisOptions,
): Promise<DatasetAnalysis | undefined> {
  const tested = runs.flatMap((run) => {
    const inference = run.inference.find((i) => i.dataset === dataset);
    return inference ? [{ run, inference, place: placeOf(run, { dataset, root }) }] : [];
  });
  const first = tested.find(({ place }) => place !== undefined);
  if (!first?.place) {
    problems.push(
      `${dataset}: no pictures and no errors by kind, since no run's configuration has ` +
        `DATASETS.TEST.${dataset}.`,
    );
    return undefined;
  }
  const json = await readJson(first.place.truthFile, problems);
  if (json === undefined) return undefined;
  const truth = toAnnotations(json);
  const threshold = numberOf(at(first.run.config, "TEST", "VIS_THRESH")) ?? DEFAULT_THRESHOLD;
  const analyses: Analysis[] = [];
  for (const { run, inference, place } of tested) {
    if (place?.truthFile !== first.place.truthFile) {
      problems.push(otherTruth(run, { dataset, expected: first.place.truthFile }));
      continue;
    }
    const analysis = await analyseRun({ run, inference }, { truth, threshold, problems });
    if (analysis) analyses.push(analysis);
  }
  if (analyses.length === 0) return undefined;
  return { dataset, truth, imageFolder: first.place.imageFolder, threshold, runs: analyses };
}

function otherTruth(
  { label }: PlacedRun,
  { dataset, expected }: { dataset: string; expected: string },
): string {
  return `${label} was tested on another ${dataset} than ${expected}: its figures cannot be held ` +
    `against the others', and its pictures and errors are left out.`;
}

async function analyseRun(
  { run, inference }: { run: PlacedRun; inference: Inference },
  { truth, threshold, problems }: {
    truth: Annotations;
    threshold: number;
    problems: string[];
  },
): Promise<Analysis | undefined> {
  const detections = await readPredictions(inference, problems);
  if (!detections) return undefined;
  const sure = detections.filter((d) => d.score >= threshold);
  return {
    run,
    errors: breakDownErrors(truth, detections),
    confusion: confusion(truth, sure, { score: threshold }),
    sure: Map.groupBy(sure, (d) => d.image_id),
  };
}

function placeOf(
  { config }: PlacedRun,
  { dataset, root }: { dataset: string; root: string },
): Place | undefined {
  const entry = at(config, "DATASETS", "TEST", dataset);
  const imageFolder = textOf(at(entry, "img_dir"));
  const truthFile = textOf(at(entry, "ann_file"));
  if (imageFolder === undefined || truthFile === undefined) return undefined;
  const absolute = (path: string) => isAbsolute(path) ? path : join(root, path);
  return { imageFolder: absolute(imageFolder), truthFile: absolute(truthFile) };
}
