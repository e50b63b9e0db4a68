/** `report`: one HTML page of one or several runs. @module */
import { writeReport } from "../../reports/mod.ts";
import { UsageError } from "../runtime/errors.ts";
import { findLastRun, type RunFolder, runFolderAt, runFolderOf } from "../train/run_folder.ts";
import { experimentAt, findExperiment, loadExperiment } from "./find_experiment.ts";
import { logger } from "./logging.ts";
import type { CommandContext, ReportOptions } from "./options.ts";

/**
 * Writes the page and prints its path.
 * @throws UsageError where a name is neither a run's folder nor an experiment, or nothing was
 *   trained yet, or the baseline is none of the runs; DataError where the run is not there or holds nothing to report.
 */
export async function reportCommand(
  options: ReportOptions,
  context: CommandContext,
): Promise<void> {
  const runs = await runsOf(options, context);
  const [first] = runs;
  if (first === undefined) throw new UsageError("Which run? None was trained yet.");
  const out = options.out === undefined ? first.report : context.path(options.out);
  const baseline = await baselineOf(options, context);
  const summary = await writeReport({ runs: runs.map((run) => run.root), out, baseline });
  for (const problem of summary.problems) logger("report").warn(problem);
  context.print(summary.file);
  context.json(summary);
}

/** The runs named, else that of the experiment whose folder the user stands in, else the last. */
async function runsOf(options: ReportOptions, context: CommandContext): Promise<RunFolder[]> {
  if (options.runs.length > 0) {
    return await Promise.all(options.runs.map((name) => runNamed(name, context)));
  }
  const here = await experimentAt(context.cwd);
  const run = here === undefined
    ? await findLastRun()
    : runFolderOf(here.id, await loadExperiment(here));
  return run === undefined ? [] : [run];
}

/** The baseline as the report knows its runs: a run's folder, or an experiment's id. */
async function baselineOf(
  { baseline }: ReportOptions,
  context: CommandContext,
): Promise<string | undefined> {
  if (baseline === undefined) return undefined;
  const folder = runFolderAt(context.path(baseline));
  if (await looksLikeRun(folder)) return folder.root;
  return (await findExperiment(baseline, { cwd: context.cwd })).id;
}

async function runNamed(name: string, context: CommandContext): Promise<RunFolder> {
  const folder = runFolderAt(context.path(name));
  if (await looksLikeRun(folder)) return folder;
  const experiment = await findExperiment(name, { cwd: context.cwd });
  return runFolderOf(experiment.id, await loadExperiment(experiment));
}

/** Whether a folder holds anything of a run; a copy may lack some of it. */
async function looksLikeRun({ config, metrics, inference }: RunFolder): Promise<boolean> {
  const found = await Promise.all(
    [config, metrics, inference].map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  return found.includes(true);
}
