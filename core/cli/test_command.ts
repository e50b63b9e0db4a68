/** `test`: evaluates a checkpoint, a file of weights, or saved detections. */
import { join } from "node:path";
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
import { describeFigures, evaluateAndWrite, predict } from "../train/tester.ts";
import { makeModel } from "../train/trainer.ts";
import { experimentAt, openExperiment } from "./find_experiment.ts";
import { logger } from "./logging.ts";
import { ensureDigits } from "./make_digits.ts";
import { openChosenDevice } from "./open_device.ts";
import type { CommandContext, TestOptions } from "./options.ts";
import { Terminal } from "./terminal.ts";

/** What is tested: a configuration and the folder of its run. */
interface Tested {
  readonly config: Config;
  readonly folder: RunFolder;
}

/** Evaluates on every test set of the experiment and prints the figures. */
export async function testCommand(options: TestOptions, context: CommandContext): Promise<void> {
  const tested = await findTested(options, context);
  await ensureDigits(tested.config);
  const testSets = await openTestSets(tested.config);
  const results = options.predictions === undefined
    ? await testWeights(tested, testSets, { options, context })
    : await testPredictions(testSets, context.path(options.predictions));
  for (const [name, result] of Object.entries(results)) {
    for (const note of result.notes) logger("tester").warn(note);
    context.print(describeFigures(name, result));
  }
  context.json({ folder: tested.folder.root, results });
}

/** The experiment named or stood in, else the run trained last, with its own configuration. */
async function findTested(options: TestOptions, { cwd }: CommandContext): Promise<Tested> {
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
  testSets: readonly CocoDataset[],
  path: string,
): Promise<Record<string, EvaluationResult>> {
  const [dataset, second] = testSets;
  if (!dataset || second) {
    throw new UsageError(
      `--predictions belongs to one test set and DATASETS.TEST has ${testSets.length}; leave one with --set DATASETS.TEST=….`,
    );
  }
  return { [dataset.spec.name]: evaluateBoxes(dataset.truth, await readDetections(path)) };
}

async function testWeights(
  { config, folder }: Tested,
  testSets: readonly CocoDataset[],
  { options, context }: { options: TestOptions; context: CommandContext },
): Promise<Record<string, EvaluationResult>> {
  const weights = await findWeights(folder, { options, context });
  const device = await openChosenDevice(options);
  const terminal = new Terminal();
  const results: Record<string, EvaluationResult> = {};
  try {
    const model = makeModel(device, config);
    await loadWeights(model.state, weights.path);
    logger("tester").info(`Weights: ${weights.path}`);
    for (const dataset of testSets) {
      const { name } = dataset.spec;
      const { detections, images, seconds } = await predict(
        { model, device, config },
        dataset,
        (done, total) => terminal.draw?.(`${name}: ${done} of ${total} images`),
      );
      terminal.endBar();
      logger("tester").info(
        `${name}: ${images} images, ${(images / seconds).toFixed(1)} a second.`,
      );
      const place = weights.label === undefined ? name : `${name}_${weights.label}`;
      results[name] = await evaluateAndWrite(folder, { dataset, detections, place });
      if (options.showRes) await showResults({ config, folder }, { dataset, detections, place });
    }
    model.close();
  } finally {
    device.close();
  }
  return results;
}

async function showResults(
  { config, folder }: Tested,
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
  const newest = await lastCheckpoint(folder);
  if (options.iteration === undefined) {
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
  const isNewest = newest !== undefined && newest === await Deno.realPath(path);
  return isNewest ? { path } : { path, label: `${options.iteration}` };
}

async function savedIterations({ checkpoints }: RunFolder): Promise<number[]> {
  const iterations: number[] = [];
  try {
    for await (const { name } of Deno.readDir(join(checkpoints))) {
      const match = name.match(/^model_(\d+)\.safetensors$/);
      if (match) iterations.push(Number(match[1]));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return iterations.sort((a, b) => a - b);
}
