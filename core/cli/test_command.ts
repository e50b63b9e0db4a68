/** `test`: evaluates a checkpoint, a file of weights, or saved detections. */
import { basename } from "node:path";
import type { CocoDataset } from "../data/mod.ts";
import {
  type Detection,
  evaluateBoxes,
  type EvaluationResult,
  readDetections,
} from "../eval/mod.ts";
import { DataError, UsageError } from "../runtime/errors.ts";
import { lastCheckpoint } from "../train/checkpoint.ts";
import type { Config } from "../train/config.ts";
import { openTestSets } from "../train/datasets.ts";
import { loadWeights } from "../train/initial_weights.ts";
import { writePictures } from "../train/pictures.ts";
import {
  checkpointPath,
  findLastRun,
  inferenceFolder,
  readRunRecord,
  type RunFolder,
  runFolderOf,
} from "../train/run_folder.ts";
import { resolveRunConfig } from "../train/config.ts";
import { describeFigures } from "../train/tester.ts";
import { makeModel } from "../train/trainer.ts";
import { experimentAt, openExperiment } from "./find_experiment.ts";
import { logger } from "./logging.ts";
import { ensureDigits } from "./make_digits.ts";
import { withDevice } from "./open_device.ts";
import type { CommandContext, TestOptions } from "./options.ts";
import { Terminal } from "./terminal.ts";
import { checkExpected, logFaults, logNotes, testOn } from "./test_sets.ts";

/** What is tested: a configuration and the folder of its run. */
interface TestedRun {
  readonly config: Config;
  readonly folder: RunFolder;
}

/**
 * Evaluates on every test set of the experiment and prints the figures.
 * @returns 1 where one is not as TEST.EXPECTED_RESULTS says
 */
export async function testCommand(
  options: TestOptions,
  context: CommandContext,
): Promise<number | void> {
  const tested = await findTested(options, context);
  await ensureDigits(tested.config);
  const testSets = await openTestSets(tested.config);
  if (testSets.length === 0) {
    throw new UsageError("DATASETS.TEST is empty; name a data set with --set DATASETS.TEST=….");
  }
  logFaults(testSets);
  const results = options.predictions === undefined
    ? await testWeights(tested, testSets, { options, context })
    : await testPredictions(tested, testSets, { options, path: context.path(options.predictions) });
  for (const [name, result] of Object.entries(results)) {
    context.print(describeFigures(name, result));
  }
  const { document, exitCode } = checkExpected(results, tested.config);
  context.json({ folder: tested.folder.root, results, ...document });
  return exitCode;
}

/** The experiment named or stood in, else the run trained last, with its own configuration. */
async function findTested(options: TestOptions, { cwd }: CommandContext): Promise<TestedRun> {
  if (options.experiment !== undefined || await experimentAt(cwd) !== undefined) {
    const { id, config } = await openExperiment(options, { cwd });
    return { config, folder: runFolderOf(id, config) };
  }
  const folder = await findLastRun();
  const record = folder && await readRunRecord(folder);
  if (!folder || !record) throw new UsageError("Which experiment? None was trained yet.");
  return { config: resolveRunConfig(record.config, options.sets, { baseDir: cwd }).config, folder };
}

async function testPredictions(
  tested: TestedRun,
  testSets: readonly CocoDataset[],
  { options, path }: { options: TestOptions; path: string },
): Promise<Record<string, EvaluationResult>> {
  const [dataset, second] = testSets;
  if (!dataset || second) {
    throw new UsageError(
      `--predictions belongs to one test set and DATASETS.TEST has ${testSets.length}; leave one with --set DATASETS.TEST=….`,
    );
  }
  const { name } = dataset.spec;
  const detections = await readDetections(path);
  const result = evaluateBoxes(dataset.truth, detections);
  logNotes(result);
  const place = `${name}_predictions`;
  if (options.showRes) await showResults(tested, { dataset, detections, place });
  return { [name]: result };
}

async function testWeights(
  { config, folder }: TestedRun,
  testSets: readonly CocoDataset[],
  { options, context }: { options: TestOptions; context: CommandContext },
): Promise<Record<string, EvaluationResult>> {
  const weights = await findWeights(folder, { options, context });
  const terminal = new Terminal(context);
  return await withDevice(options, async (device) => {
    const results: Record<string, EvaluationResult> = {};
    const model = makeModel(device, config);
    await loadWeights(model.state, weights.path);
    logger("tester").info(`Weights: ${weights.path}`);
    for (const dataset of testSets) {
      const { name } = dataset.spec;
      const place = weights.label === undefined ? name : `${name}_${weights.label}`;
      const tested = { model, device, config, folder, terminal };
      const { result, detections } = await testOn(tested, { dataset, place });
      results[name] = result;
      if (options.showRes) await showResults({ config, folder }, { dataset, detections, place });
    }
    model.close();
    return results;
  });
}

async function showResults(
  { config, folder }: TestedRun,
  { dataset, detections, place }: {
    dataset: CocoDataset;
    detections: readonly Detection[];
    place: string;
  },
): Promise<void> {
  const { pictures } = inferenceFolder(folder, place);
  const written = await writePictures(dataset, detections, {
    folder: pictures,
    threshold: config.TEST.VIS_THRESH,
    onBadImage: config.DATALOADER.BAD_IMAGES,
  });
  logger("tester").info(`${written} pictures in ${pictures}`);
}

/** The file of weights; with a label where it is not the newest checkpoint, whose results stay as they are. */
async function findWeights(
  folder: RunFolder,
  { options, context }: { options: TestOptions; context: CommandContext },
): Promise<{ path: string; label?: string }> {
  if (options.weights !== undefined) {
    return { path: context.path(options.weights), label: "weights" };
  }
  if (options.iteration === undefined) {
    const newest = await lastCheckpoint(folder);
    if (newest === undefined) {
      throw new DataError(`There is no checkpoint in ${folder.checkpoints}; train first.`);
    }
    return { path: newest };
  }
  const path = checkpointPath(folder, options.iteration);
  const there = await savedIterations(folder);
  if (!there.includes(options.iteration)) {
    throw new UsageError(
      `There is no checkpoint of iteration ${options.iteration} in ${folder.checkpoints}; there are: ${
        there.join(", ") || "none"
      }.`,
    );
  }
  const newest = await Deno.readLink(folder.lastCheckpoint).catch(() => undefined);
  return newest === basename(path) ? { path } : { path, label: `${options.iteration}` };
}

async function savedIterations({ checkpoints }: RunFolder): Promise<number[]> {
  const iterations: number[] = [];
  try {
    for await (const { name } of Deno.readDir(checkpoints)) {
      const match = name.match(/^model_(\d+)\.safetensors$/);
      if (match) iterations.push(Number(match[1]));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return iterations.sort((a, b) => a - b);
}
