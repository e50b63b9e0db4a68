/**
 * Runs' folders to all that the page shows.
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../core/runtime/errors.ts";
import { analyse, type DatasetAnalysis } from "./analysis.ts";
import { answerOf } from "./answer.ts";
import { costsOf } from "./costs.ts";
import { iouFigures, precisionFigure, seedsFigure, sizeFigure } from "./figures/accuracy.ts";
import { classFigure } from "./figures/classes.ts";
import { courseFigures, criteriaFigures } from "./figures/course.ts";
import { distributionFigures, smoothL1Figures } from "./figures/distributions.ts";
import { breakdownFigure, confusionFigure } from "./figures/errors.ts";
import { makePictures } from "./gallery/pictures.ts";
import { type Placed, type PlacedRun, placeRuns, repeatedSeeds } from "./groups.ts";
import { iterationsOf, readRun } from "./run.ts";
import type { Figure, Picture, ReportData, RunData } from "./types.ts";

/** Pictures on a page, over all data sets, and what they may weigh. */
const PICTURES = 12;
const PICTURE_BYTES = 2.5e6;

/** Which runs a report is about, and how it is made. */
export interface ReportSource {
  /** Runs' folders; at least one. */
  readonly runs: readonly string[];
  /** The page's title. Default: the run's name, or "N configurations compared". */
  readonly title?: string;
  /**
   * The run, by folder or experiment, that others are held against. Default: the one without
   * dynamics, else the first.
   */
  readonly baseline?: string;
  /** The folder from which relative paths in configurations start. Default: the project's. */
  readonly root?: string;
  /** Default: true. Without, the detections are not read: no pictures, no errors by kind. */
  readonly pictures?: boolean;
}

/** A report's data and the runs that it was made of. */
export interface LoadedReport {
  readonly data: ReportData;
  readonly placed: Placed;
  readonly datasets: readonly string[];
}

/**
 * Reads runs and makes all that their page shows.
 * Throws UsageError without runs or with an unknown baseline, DataError for a folder that is not
 * there or holds no run.
 */
export async function loadReport(source: ReportSource): Promise<LoadedReport> {
  if (source.runs.length === 0) {
    throw new UsageError("Cannot write a report without a run: name a run's folder.");
  }
  // A run that is named twice is no further evidence.
  const folders = [...new Map(source.runs.map((run) => [resolve(run), run])).values()];
  const placed = placeRuns(await Promise.all(folders.map(readRun)), source.baseline);
  const { runs, groups } = placed;
  const datasets = datasetsOf(runs);
  const problems = [...runs.flatMap((run) => run.problems), ...repeatedSeeds(groups)];
  const analyses = source.pictures === false
    ? []
    : await analyseAll(runs, { datasets, root: source.root, problems });
  const data: ReportData = {
    title: source.title ?? titleOf(placed),
    answer: answerOf(groups, datasets[0]).join(" "),
    dataset: datasets[0],
    groups: groups.map(({ label, runs, isBaseline, color }) => ({
      label,
      runs: runs.map((run) => run.index),
      isBaseline,
      color,
    })),
    runs: runs.map(toRunData),
    figures: figuresOf(placed, { datasets, analyses }),
    pictures: await picturesOf(analyses, problems),
    problems,
  };
  return { data, placed, datasets };
}

/** The data sets that runs were tested on, the one of most runs first. */
function datasetsOf(runs: readonly PlacedRun[]): string[] {
  const names = runs.flatMap((run) =>
    run.inference.filter((i) => i.figures.AP !== undefined).map((i) => i.dataset)
  );
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) => ({
    name,
    count: all.length,
  }));
  return counts.sort((a, b) => b.count - a.count).map(({ name }) => name);
}

async function analyseAll(
  runs: readonly PlacedRun[],
  { datasets, root, problems }: {
    datasets: readonly string[];
    root: string | undefined;
    problems: string[];
  },
): Promise<DatasetAnalysis[]> {
  const options = { root: root ?? fileURLToPath(new URL("..", import.meta.url)), problems };
  const analyses: DatasetAnalysis[] = [];
  for (const dataset of datasets) {
    const analysis = await analyse(runs, dataset, options);
    if (analysis) analyses.push(analysis);
  }
  return analyses;
}

function figuresOf(
  placed: Placed,
  { datasets, analyses }: {
    datasets: readonly string[];
    analyses: readonly DatasetAnalysis[];
  },
): Figure[] {
  const { groups } = placed;
  const ofDatasets = datasets.flatMap((dataset, index) => {
    const which = { dataset, index };
    const analysis = analyses.find((a) => a.dataset === dataset);
    const figures = [
      ...seedsFigure(groups, which),
      ...iouFigures(groups, which),
      ...sizeFigure(groups, which),
      ...precisionFigure(groups, which),
      ...breakdownFigure(groups, { analysis, index }),
      ...classFigure(groups, which),
      ...confusionFigure(groups, { analysis, index }),
    ];
    if (datasets.length === 1) return figures;
    return figures.map((f) => ({ ...f, title: `${f.title} (${dataset})` }));
  });
  return [
    ...ofDatasets,
    ...criteriaFigures(placed),
    ...distributionFigures(placed),
    ...smoothL1Figures(placed),
    ...courseFigures(placed),
  ];
}

async function picturesOf(
  analyses: readonly DatasetAnalysis[],
  problems: string[],
): Promise<Picture[]> {
  const count = Math.max(1, Math.floor(PICTURES / analyses.length));
  const bytes = PICTURE_BYTES / analyses.length;
  const pictures: Picture[] = [];
  for (const analysis of analyses) {
    pictures.push(...await makePictures(analysis, { count, bytes, problems }));
  }
  return pictures;
}

function toRunData(run: PlacedRun): RunData {
  return {
    label: run.label,
    experiment: run.name,
    folder: run.folder,
    group: run.group,
    seed: run.seed,
    iteration: run.metrics.at(-1)?.iteration ?? 0,
    iterations: iterationsOf(run.config),
    figures: Object.fromEntries(run.inference.map((i) => [i.dataset, i.figures])),
    ...costsOf(run),
  };
}

function titleOf({ runs, groups }: Placed): string {
  const [first] = runs;
  if (runs.length === 1 && first) return first.label;
  if (groups.length === 1) return `${groups[0]?.label}: ${runs.length} seeds`;
  return `${groups.length} configurations compared`;
}
