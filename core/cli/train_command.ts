/** `train`: trains an experiment, tests its last checkpoint, writes the run's report. */
import { writeReport } from "../../reports/mod.ts";
import type { CocoDataset } from "../data/mod.ts";
import type { EvaluationResult } from "../eval/mod.ts";
import { DryDevice } from "../runtime/dry_device.ts";
import { UsageError } from "../runtime/errors.ts";
import type { Device } from "../runtime/mod.ts";
import {
  readCheckpoint,
  requireModel,
  sweepTemporaries,
  trainingStateOf,
} from "../train/checkpoint.ts";
import { type Config, resolveSchedule } from "../train/config.ts";
import { openTestSets, openTrainingSet } from "../train/datasets.ts";
import { findResumePoint, type ResumePoint } from "../train/find_checkpoint.ts";
import type { IterationMetrics } from "../train/metrics.ts";
import { Progress } from "../train/progress.ts";
import { removeRun } from "../train/remove_run.ts";
import { collectEnvironment } from "../train/run_environment.ts";
import { RunLock } from "../train/run_lock.ts";
import {
  inferenceFolder,
  requireRunFolder,
  type RunFolder,
  runFolderOf,
  writeRunRecord,
} from "../train/run_folder.ts";
import { StopSignal } from "../train/stop_signal.ts";
import { describeFigures } from "../train/tester.ts";
import { makeModel, Trainer } from "../train/trainer.ts";
import type { WeightReport } from "../train/weights/match_report.ts";
import { type Experiment, openExperiment } from "./find_experiment.ts";
import { withLivePage } from "./live.ts";
import { logWeights } from "./log_weights.ts";
import { configureLogging, logger } from "./logging.ts";
import { ensureDigits } from "./make_digits.ts";
import { withDevice } from "./open_device.ts";
import type { CommandContext, TrainOptions } from "./options.ts";
import { trainingProfiler } from "./profiling.ts";
import { Terminal } from "./terminal.ts";
import { checkExpected, logFaults, testOn } from "./test_sets.ts";

/** Everything that a run works with. */
interface Run {
  readonly experiment: Experiment;
  readonly config: Config;
  readonly folder: RunFolder;
  readonly device: Device;
  readonly terminal: Terminal;
  readonly trainingSet: CocoDataset;
  readonly testSets: readonly CocoDataset[];
  /** The checkpoint to go on from, if any, and what is wrong with newer ones. */
  readonly resume: ResumePoint;
}

/**
 * Trains from the newest checkpoint to MAX_ITER, then tests and reports. Nothing is written or removed
 * before the configuration, the data sets, the device and the weights have been found good.
 * @returns 130 or 143 where a signal stopped it (after saving), 1 where a figure is not as TEST.EXPECTED_RESULTS says
 */
export async function trainCommand(
  options: TrainOptions,
  context: CommandContext,
): Promise<number | void> {
  if (options.port !== undefined && !options.live) {
    throw new UsageError("--port is the port of the live page: add --live.");
  }
  const experiment = await openExperiment(startingFrom(options, context), { cwd: context.cwd });
  const { config } = experiment;
  const folder = runFolderOf(experiment.id, config);
  await requireRunFolder(folder);
  const resume = options.fresh
    ? { faults: [] }
    : await findResumePoint(folder, options.resume ?? "strict");
  if (options.initFrom !== undefined && resume.path !== undefined) throw alreadyBegun(resume.path);
  if (resume.path !== undefined && await isComplete(resume.path, { folder, config })) {
    context.print(
      `The run in ${folder.root} is already complete; --fresh starts over, --fresh --init-from FILE starts from weights.`,
    );
    context.json({ experiment: experiment.id, complete: true, folder: folder.root });
    return;
  }
  await ensureDigits(config);
  const trainingSet = await openTrainingSet(config);
  const testSets = await openTestSets(config);
  const terminal = new Terminal(context);
  return await withDevice(options, async (device) => {
    const run = { experiment, config, folder, device, terminal, trainingSet, testSets, resume };
    const steps = options.profile
      ? trainingProfiler(device, {
        lastIteration: resolveSchedule(config).maxIter,
        file: options.trace === undefined ? folder.profile : context.path(options.trace),
      })
      : undefined;
    const trainer = new Trainer(run, { ...trainerEvents(run), steps });
    try {
      const weights = await begin(trainer, resume);
      using _lock = await RunLock.take(folder);
      return await withLivePage({ folder, config, port: livePort(options) }, async () => {
        if (options.fresh) await removeRun(folder);
        await configureLogging({
          debug: options.debug,
          file: folder.log,
          write: (line) => terminal.line(line),
        });
        return await trainTestReport(run, { trainer, weights, context });
      });
    } finally {
      trainer.close();
    }
  });
}

/** Where to serve the live page; undefined: nowhere. */
function livePort({ live, port }: TrainOptions): number | undefined {
  return live ? port ?? 0 : undefined;
}

/** The options, with MODEL.WEIGHT as `--init-from` says. */
function startingFrom(options: TrainOptions, context: CommandContext): TrainOptions {
  if (options.initFrom === undefined) return options;
  const weight = `MODEL.WEIGHT=${JSON.stringify(context.path(options.initFrom))}`;
  return { ...options, sets: [...options.sets, weight] };
}

function alreadyBegun(path: string): UsageError {
  return new UsageError(
    `--init-from starts a new run and there is ${path} already; leave it out to go on with that run, add --fresh to start over, or choose another folder with --set OUTPUT_DIR=….`,
  );
}

async function begin(trainer: Trainer, { path }: ResumePoint): Promise<WeightReport | undefined> {
  if (path === undefined) return await trainer.startFromWeights();
  await trainer.resumeFrom(path);
  return undefined;
}

async function trainTestReport(
  run: Run,
  { trainer, weights, context }: {
    trainer: Trainer;
    weights: WeightReport | undefined;
    context: CommandContext;
  },
): Promise<number | void> {
  const { experiment, folder } = run;
  const identity = { experiment: experiment.id, folder: folder.root, weights };
  await beginRecord(run, context);
  if (weights) logWeights(weights);
  const stopped = await trainWatched(run, trainer);
  if (stopped !== undefined) {
    context.json({ ...identity, complete: false, iteration: trainer.done });
    return stopped;
  }
  const results = await testAll(run, trainer);
  const summary = await writeReport({ runs: [folder.root], out: folder.report });
  for (const problem of summary.problems) logger("report").warn(problem);
  context.print(`Report: ${folder.report}`);
  const { document, exitCode } = checkExpected(results, run.config);
  context.json({ ...identity, complete: true, results, ...document });
  return exitCode;
}

/** Logs what the run starts from, writes its record and sweeps up after a killed one. */
async function beginRecord(run: Run, { commandLine }: CommandContext): Promise<void> {
  const { experiment, config, folder, device, resume } = run;
  const log = logger("trainer");
  for (const note of experiment.notes) log.info(note);
  logFaults([run.trainingSet, ...run.testSets]);
  await writeRunRecord(folder, {
    experiment: experiment.id,
    config,
    environment: await collectEnvironment({
      adapter: device.info.description,
      device: device.info.kind,
      seed: config.SEED,
      command: commandLine,
    }),
  });
  await sweepTemporaries(folder);
  for (const fault of resume.faults) log.warn(`Checkpoint passed over: ${fault}`);
  if (resume.path !== undefined) log.info(`Resumed from ${resume.path}`);
}

/** Trains what is left; a signal makes it save and end early. */
async function trainWatched(run: Run, trainer: Trainer): Promise<number | undefined> {
  const log = logger("trainer");
  if (trainer.done >= resolveSchedule(run.config).maxIter) return undefined;
  using signals = new StopSignal((signal) =>
    log.info(`${signal}: finishing the iteration and saving; once more quits at once.`)
  );
  const start = performance.now();
  const stopped = await trainer.run(run.trainingSet, () => signals.exitCode);
  run.terminal.endBar();
  const seconds = (performance.now() - start) / 1000;
  log.info(`Trained to iteration ${trainer.done} in ${seconds.toFixed(1)} s.`);
  return stopped;
}

function trainerEvents({ config, folder, terminal }: Omit<Run, "resume">) {
  const { maxIter, imagesPerIteration } = resolveSchedule(config);
  const log = logger("trainer");
  const progress = new Progress(
    { log: (line) => log.info(line), draw: terminal.draw },
    { total: maxIter, imagesPerIteration },
  );
  return {
    metrics: (metrics: IterationMetrics) => {
      Deno.writeTextFileSync(folder.metrics, `${JSON.stringify(metrics)}\n`, { append: true });
      progress.update(metrics);
    },
    log: (line: string) => log.info(line),
  };
}

async function testAll(run: Run, trainer: Trainer): Promise<Record<string, EvaluationResult>> {
  const results: Record<string, EvaluationResult> = {};
  for (const dataset of run.testSets) {
    const { name } = dataset.spec;
    const { result } = await testOn({ ...run, model: trainer.model }, { dataset });
    logger("tester").info(describeFigures(name, result));
    results[name] = result;
  }
  return results;
}

/**
 * True where training reached MAX_ITER and every test set was evaluated.
 * @throws UsageError where all that was another model's.
 */
async function isComplete(
  newest: string,
  { folder, config }: { folder: RunFolder; config: Config },
): Promise<boolean> {
  const file = await readCheckpoint(newest);
  const { iteration } = trainingStateOf(file);
  if (iteration < resolveSchedule(config).maxIter) return false;
  const files = Object.keys(config.DATASETS.TEST).map((name) =>
    inferenceFolder(folder, name).metrics
  );
  const found = await Promise.all([...files, folder.report].map(exists));
  if (!found.every(Boolean)) return false;
  requireModel(makeModel(new DryDevice(), config).state, file);
  return true;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
