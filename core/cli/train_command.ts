/** `train`: trains an experiment, tests its last checkpoint, writes the run's report. */
import { writeReport } from "../../reports/mod.ts";
import type { CocoDataset } from "../data/mod.ts";
import type { EvaluationResult } from "../eval/mod.ts";
import type { Device } from "../runtime/mod.ts";
import { checkpointIteration, lastCheckpoint, sweepTemporaries } from "../train/checkpoint.ts";
import { type Config, resolveSchedule } from "../train/config.ts";
import { openTestSets, openTrainingSet } from "../train/datasets.ts";
import type { IterationMetrics } from "../train/metrics.ts";
import { Progress } from "../train/progress.ts";
import { collectEnvironment } from "../train/run_environment.ts";
import {
  inferenceFolder,
  type RunFolder,
  runFolderOf,
  writeRunRecord,
} from "../train/run_folder.ts";
import { StopSignal } from "../train/stop_signal.ts";
import { describeFigures, evaluateAndWrite, predict } from "../train/tester.ts";
import { Trainer } from "../train/trainer.ts";
import { type Experiment, openExperiment } from "./find_experiment.ts";
import { configureLogging, logger } from "./logging.ts";
import { ensureDigits } from "./make_digits.ts";
import { openChosenDevice } from "./open_device.ts";
import type { CommandContext, TrainOptions } from "./options.ts";
import { Terminal } from "./terminal.ts";

/** Everything that a run works with. */
interface Run {
  readonly experiment: Experiment;
  readonly config: Config;
  readonly folder: RunFolder;
  readonly device: Device;
  readonly terminal: Terminal;
  readonly trainingSet: CocoDataset;
  readonly testSets: readonly CocoDataset[];
}

/**
 * Trains from the newest checkpoint to MAX_ITER, then tests and reports. Nothing is written before the
 * configuration, the data sets and the device have been found good.
 * @returns 130 or 143 where a signal stopped it (after saving)
 */
export async function trainCommand(
  options: TrainOptions,
  context: CommandContext,
): Promise<number | void> {
  const experiment = await openExperiment(options, { cwd: context.cwd });
  const { config } = experiment;
  const folder = runFolderOf(experiment.id, config);
  if (!options.fresh && await isComplete(folder, config)) {
    context.print(`The run in ${folder.root} is complete; --fresh starts over.`);
    context.json({ experiment: experiment.id, complete: true, folder: folder.root });
    return;
  }
  await ensureDigits(config);
  const trainingSet = await openTrainingSet(config);
  const testSets = await openTestSets(config);
  const device = await openChosenDevice(options);
  try {
    const terminal = new Terminal();
    const run = { experiment, config, folder, device, terminal, trainingSet, testSets };
    if (options.fresh) await removeRun(folder);
    await configureLogging({
      debug: options.debug,
      file: folder.log,
      write: (line) => terminal.line(line),
    });
    return await trainTestReport(run, context);
  } finally {
    device.close();
  }
}

async function trainTestReport(run: Run, context: CommandContext): Promise<number | void> {
  const { experiment, config, folder, device } = run;
  const log = logger("trainer");
  for (const note of experiment.notes) log.info(note);
  for (const { faults } of [run.trainingSet, ...run.testSets]) {
    if (faults.total > 0) log.warn(faults.format());
  }
  await writeRunRecord(folder, {
    experiment: experiment.id,
    config,
    environment: await collectEnvironment({
      adapter: device.info.description,
      device: device.info.kind,
      seed: config.SEED,
      command: context.commandLine,
    }),
  });
  const trainer = new Trainer(run, trainerEvents(run));
  try {
    const stopped = await trainWatched(run, trainer);
    if (stopped !== undefined) return stopped;
    const results = await testAll(run, trainer);
    const summary = await writeReport([folder.root], folder.report);
    for (const problem of summary.problems) logger("report").warn(problem);
    context.print(`Report: ${folder.report}`);
    context.json({ experiment: experiment.id, complete: true, folder: folder.root, results });
  } finally {
    trainer.close();
  }
}

/** Trains what is left; a signal makes it save and end early. */
async function trainWatched(run: Run, trainer: Trainer): Promise<number | undefined> {
  const { config, folder, terminal } = run;
  const log = logger("trainer");
  await sweepTemporaries(folder);
  const newest = await lastCheckpoint(folder);
  if (newest !== undefined) {
    await trainer.resumeFrom(newest);
    log.info(`Resumed from ${newest}`);
  } else await trainer.startFromWeights();
  const { maxIter } = resolveSchedule(config);
  if (trainer.done >= maxIter) return undefined;
  using signals = new StopSignal((signal) =>
    log.info(`${signal}: finishing the iteration and saving; once more quits at once.`)
  );
  stopCodeOf.set(run, () => signals.exitCode);
  const start = performance.now();
  const stopped = await trainer.run(run.trainingSet);
  terminal.endBar();
  const seconds = (performance.now() - start) / 1000;
  log.info(`Trained to iteration ${trainer.done} in ${seconds.toFixed(1)} s.`);
  return stopped;
}

/** How a run learns of a stop: set while it trains. */
const stopCodeOf = new WeakMap<Run, () => number | undefined>();

function trainerEvents(run: Run) {
  const { config, folder, terminal } = run;
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
    stopCode: () => stopCodeOf.get(run)?.(),
  };
}

async function testAll(run: Run, trainer: Trainer): Promise<Record<string, EvaluationResult>> {
  const { folder, terminal, device, config } = run;
  const log = logger("tester");
  const results: Record<string, EvaluationResult> = {};
  for (const dataset of run.testSets) {
    const { name } = dataset.spec;
    const predictions = await predict(
      { model: trainer.model, device, config },
      dataset,
      (done, total) => terminal.draw?.(`${name}: ${done} of ${total} images`),
    );
    terminal.endBar();
    const result = await evaluateAndWrite(folder, {
      dataset,
      detections: predictions.detections,
    });
    results[name] = result;
    const rate = predictions.images / predictions.seconds;
    log.info(`${name}: ${predictions.images} images, ${rate.toFixed(1)} a second.`);
    for (const note of result.notes) log.warn(note);
    log.info(describeFigures(name, result));
  }
  return results;
}

/** True where training reached MAX_ITER and every test set was evaluated. */
async function isComplete(folder: RunFolder, config: Config): Promise<boolean> {
  const newest = await lastCheckpoint(folder);
  if (newest === undefined) return false;
  if (await checkpointIteration(newest) < resolveSchedule(config).maxIter) return false;
  const files = Object.keys(config.DATASETS.TEST).map((name) =>
    inferenceFolder(folder, name).metrics
  );
  const found = await Promise.all([...files, folder.report].map(exists));
  return found.every(Boolean);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Removes what a run of ours left, and nothing else that lies in its folder. */
async function removeRun(folder: RunFolder): Promise<void> {
  const { config, log, metrics, checkpoints, inference, report } = folder;
  for (const path of [config, log, metrics, checkpoints, inference, report]) {
    await Deno.remove(path, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
