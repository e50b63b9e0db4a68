/** `ablate`: trains an experiment with each part of its dynamics on and off, over several seeds. */
import { join } from "node:path";
import { writeReport } from "../../reports/mod.ts";
import { EXIT, UsageError } from "../runtime/errors.ts";
import { resolveRunConfig } from "../train/config.ts";
import { removeRun } from "../train/remove_run.ts";
import { isBeingTrained } from "../train/run_lock.ts";
import {
  type AblationPlan,
  planAblation,
  type PlannedRun,
  requireSameSettings,
  type RunState,
  stateOf,
} from "./ablate_plan.ts";
import { RunProcesses } from "./ablate_process.ts";
import { AblationProgress } from "./ablate_progress.ts";
import { readResults, resultLines } from "./ablate_results.ts";
import { loadExperiment } from "./find_experiment.ts";
import { logger } from "./logging.ts";
import type { AblateOptions, CommandContext } from "./options.ts";
import { Terminal } from "./terminal.ts";

/** Milliseconds between looks at a run that another process is training. */
const LOOK_EVERY = 500;

/** An ablation at work. */
interface Ablation {
  readonly plan: AblationPlan;
  readonly options: AblateOptions;
  readonly context: CommandContext;
  readonly terminal: Terminal;
  readonly processes: RunProcesses;
  readonly progress: AblationProgress;
}

/** A run that ended without being complete, and why. */
interface Failure {
  readonly run: PlannedRun;
  readonly code: number;
}

/**
 * Trains what is left of the ablation, run by run, each in a process of its own, and compares what is
 * complete: after each seed, and at the end.
 * @returns 130 or 143 where a signal stopped it (the run at work has saved), 1 where a run failed
 * @throws UsageError where a folder holds a run with other settings
 */
export async function ablateCommand(
  options: AblateOptions,
  context: CommandContext,
): Promise<number | void> {
  const plan = await planAblation(options, { cwd: context.cwd });
  await prepareFolders(plan, options);
  const terminal = new Terminal(context);
  using processes = new RunProcesses({
    cwd: context.cwd,
    onSignal: (signal) => terminal.line(`${signal}: the run at work saves and ends.`),
  });
  const progress = new AblationProgress({
    line: (text) => terminal.line(text),
    draw: terminal.draw,
    now: () => performance.now(),
  }, plan.runs);
  const failures = await trainAll({ plan, options, context, terminal, processes, progress });
  const { stopCode } = processes;
  const report = stopCode === undefined ? await compareRuns(plan) : undefined;
  await tell(plan, { failures, report, stopCode, context });
  return stopCode ?? (failures.length > 0 ? EXIT.fault : EXIT.ok);
}

/** Before any training: what is there fits, or makes room. */
async function prepareFolders(
  { runs, experiment }: AblationPlan,
  { fresh }: AblateOptions,
): Promise<void> {
  if (!fresh) {
    for (const run of runs) await requireSameSettings(run, experiment.id);
    return;
  }
  for (const { folder } of runs) {
    if (!await isBeingTrained(folder)) continue;
    throw new UsageError(`${folder.root} is being trained; wait for it or stop it first.`);
  }
  for (const { folder } of runs) await removeRun(folder);
}

async function trainAll(ablation: Ablation): Promise<Failure[]> {
  const { plan, processes, terminal } = ablation;
  const failures: Failure[] = [];
  let trained = false;
  for (const [i, run] of plan.runs.entries()) {
    const state = await stateWhenFree(run, ablation);
    if (processes.stopCode !== undefined) return failures;
    if (state === "complete") {
      ablation.progress.skip(run, "is complete");
      continue;
    }
    const failure = await trainOne(ablation, { run, resumes: state === "begun" });
    if (processes.stopCode !== undefined) return failures;
    if (failure) failures.push(failure);
    trained = true;
    // Settings and data are those of all runs: the next would end alike.
    if (failure?.code === EXIT.usage || failure?.code === EXIT.data) return failures;
    const next = plan.runs[i + 1];
    if (trained && next && next.seed !== run.seed) {
      const report = await compareRuns(plan);
      if (report !== undefined) terminal.line(`Report so far: ${report}`);
    }
  }
  return failures;
}

async function trainOne(
  { plan, options, terminal, processes, progress }: Ablation,
  { run, resumes }: { run: PlannedRun; resumes: boolean },
): Promise<Failure | undefined> {
  progress.begin(run, { resumes });
  const end = await processes.train(
    [plan.experiment.folder, ...run.arguments, ...deviceArguments(options)],
    {
      progress: (iteration, loss) => progress.update(iteration, loss),
      trouble: (line) => terminal.line(`${run.label}: ${line}`),
    },
  );
  terminal.endBar();
  // What counts is what the run left: a driver may abort a process that had done all its work.
  const isComplete = await stateOf(run) === "complete";
  const stopped = processes.stopCode !== undefined;
  progress.end(isComplete ? "done" : stopped ? "stopped" : `failed with exit code ${end.code}`);
  return isComplete || stopped ? undefined : { run, code: end.code };
}

/**
 * How far the run is once no other process trains it: a launcher that was killed leaves its run at
 * work, whose end is worth waiting for.
 */
async function stateWhenFree(
  run: PlannedRun,
  { terminal, processes }: Ablation,
): Promise<RunState> {
  let told = false;
  while (processes.stopCode === undefined && await isBeingTrained(run.folder)) {
    if (!told) {
      terminal.line(`${run.label} is being trained by another process: waiting for its end.`);
    }
    told = true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
  return await stateOf(run);
}

function deviceArguments({ device, adapter, debug }: AblateOptions): string[] {
  return [
    ...(device === undefined ? [] : ["--device", device]),
    ...(adapter === undefined ? [] : ["--adapter", adapter]),
    ...(debug ? ["--debug"] : []),
  ];
}

async function completeRuns({ runs }: AblationPlan): Promise<PlannedRun[]> {
  const states = await Promise.all(runs.map(stateOf));
  return runs.filter((_, i) => states[i] === "complete");
}

/** Writes the report of all complete runs; its path, where there are any. */
async function compareRuns(plan: AblationPlan): Promise<string | undefined> {
  const complete = await completeRuns(plan);
  if (complete.length === 0) return undefined;
  const file = join(plan.root, "report.html");
  const folders = complete.map(({ folder }) => folder.root);
  const summary = await writeReport({ runs: folders, out: file, title: await titleOf(plan) });
  for (const problem of summary.problems) logger("report").warn(problem);
  return summary.file;
}

/** Says so where the schedule is not the experiment's own: such figures are not the experiment's. */
async function titleOf({ experiment, runs }: AblationPlan): Promise<string> {
  const own = resolveRunConfig(await loadExperiment(experiment), []).config.SOLVER.MAX_ITER;
  const asked = runs[0]?.iterations ?? own;
  const schedule = asked === own ? "" : `, ${asked} iterations instead of ${own}`;
  return `Ablation of ${experiment.id}${schedule}`;
}

async function tell(
  plan: AblationPlan,
  { failures, report, stopCode, context }: {
    failures: readonly Failure[];
    report: string | undefined;
    stopCode: number | undefined;
    context: CommandContext;
  },
): Promise<void> {
  const complete = await completeRuns(plan);
  const results = await readResults(complete);
  for (const line of resultLines(results)) context.print(line);
  if (report !== undefined) context.print(`Report: ${report}`);
  const left = plan.runs.length - complete.length;
  if (left > 0) {
    const failed = failures.map(({ run, code }) => `${run.label} (exit code ${code})`).join(", ");
    const why = failed === "" ? "" : `; failed: ${failed}`;
    context.note(
      `${left} of ${plan.runs.length} runs are left${why}. The same command goes on with them.`,
    );
  }
  context.json({
    experiment: plan.experiment.id,
    folder: plan.root,
    complete: left === 0,
    stopped: stopCode !== undefined,
    report: report ?? null,
    runs: plan.runs.map((run) => ({
      variant: run.variant,
      seed: run.seed,
      folder: run.folder.root,
      complete: complete.includes(run),
    })),
    results,
  });
}
