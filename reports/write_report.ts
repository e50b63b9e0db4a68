/**
 * Runs' folders to one self-contained HTML page.
 * @module
 */

import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../core/runtime/errors.ts";
import type { ColoredRun } from "./figures.ts";
import { renderPage } from "./page.ts";
import { makePictures, type Pictures } from "./pictures.ts";
import { readRun, type Run } from "./run.ts";

/** Told apart by colour-blind eyes too, and readable on white and on black. */
const COLORS = [
  "#2f7ed8",
  "#e8710a",
  "#0f9d76",
  "#c2529b",
  "#8b6bd9",
  "#b58900",
  "#d64545",
  "#5f7a8a",
];

const PICTURES = 12;

/** How a report is made; all may be left out. */
export interface ReportOptions {
  /** The page's title. Default: the run's name, or "Comparison of N runs". */
  readonly title?: string;
  /** The folder from which relative paths in configurations start. Default: the project's. */
  readonly root?: string;
}

/** What became of a report. */
export interface ReportSummary {
  /** The page, an absolute path. */
  readonly file: string;
  readonly bytes: number;
  /** What is missing on the page and why: one sentence each, empty where all is there. */
  readonly problems: readonly string[];
}

/**
 * Writes one HTML page that shows a run, or compares several, to `outFile`, at once or not at
 * all. The page needs nothing but itself and loads nothing.
 * Throws UsageError without runs, DataError for a folder that is not there or holds no run.
 */
export async function writeReport(
  runFolders: readonly string[],
  outFile: string,
  options: ReportOptions = {},
): Promise<ReportSummary> {
  if (runFolders.length === 0) {
    throw new UsageError("Cannot write a report without a run: name a run's folder.");
  }
  const runs = label(await Promise.all(runFolders.map(readRun)));
  const problems = runs.flatMap((run) => run.problems);
  const root = options.root ?? fileURLToPath(new URL("..", import.meta.url));
  const html = renderPage({
    title: options.title ?? titleOf(runs),
    runs,
    pictures: await picturesOf(runs, root, problems),
    plotly: await Deno.readTextFile(new URL(import.meta.resolve("plotly.js-cartesian-dist-min"))),
    problems,
  });
  const file = resolve(outFile);
  await replaceFile(file, html);
  return { file, bytes: new TextEncoder().encode(html).length, problems };
}

/** Gives each run a colour, and its folder's name where two runs are of one experiment. */
function label(runs: readonly Run[]): ColoredRun[] {
  const taken = new Set<string>();
  return runs.map((run, i) => {
    const shared = runs.some((other) => other !== run && other.name === run.name);
    const plain = shared ? `${run.name} (${basename(run.folder)})` : run.name;
    const name = taken.has(plain) ? `${plain} #${i + 1}` : plain;
    taken.add(name);
    return { ...run, label: name, color: COLORS[i % COLORS.length] ?? "#888888" };
  });
}

function titleOf(runs: readonly ColoredRun[]): string {
  const [first] = runs;
  return runs.length === 1 && first ? first.label : `Comparison of ${runs.length} runs`;
}

async function picturesOf(
  runs: readonly ColoredRun[],
  root: string,
  problems: string[],
): Promise<Map<string, Pictures>> {
  const pictures = new Map<string, Pictures>();
  for (const dataset of new Set(runs.flatMap((r) => r.inference.map((i) => i.dataset)))) {
    const made = await makePictures(runs, dataset, { root, count: PICTURES, problems });
    if (made) pictures.set(dataset, made);
  }
  return pictures;
}

async function replaceFile(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp-${Deno.pid}`;
  try {
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, file);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
