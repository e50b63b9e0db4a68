/** `test`: evaluates a checkpoint, a file of weights, or saved detections. */
import type { CocoDataset } from "../data/mod.ts";
import {
  type Detection,
  evaluateBoxes,
  type EvaluationResult,
  readDetections,
} from "../eval/mod.ts";
import { UsageError } from "../runtime/errors.ts";
import type { Config } from "../train/config.ts";
import { openTestSets } from "../train/datasets.ts";
import { writePictures } from "../train/pictures.ts";
import {
  findLastRun,
  inferenceFolder,
  readRunRecord,
  type RunFolder,
  runFolderOf,
} from "../train/run_folder.ts";
import { resolveRunConfig } from "../train/config.ts";
import { chooseCheckpoint, type ChosenCheckpoint } from "../train/find_checkpoint.ts";
import { describeFigures } from "../train/tester.ts";
import { makeModel } from "../train/trainer.ts";
import { loadWeights } from "../train/weights/load_weights.ts";
import type { WeightReport } from "../train/weights/match_report.ts";
import { experimentAt, openExperiment } from "./find_experiment.ts";
import { logWeights } from "./log_weights.ts";
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

/** Figures by test set, and what became of the weights where a model was tested. */
interface Outcome {
  readonly weights?: WeightReport;
  readonly results: Readonly<Record<string, EvaluationResult>>;
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
  const outcome: Outcome = options.predictions === undefined
    ? await testWeights(tested, testSets, { options, context })
    : await testPredictions(tested, testSets, { options, path: context.path(options.predictions) });
  for (const [name, result] of Object.entries(outcome.results)) {
    context.print(describeFigures(name, result));
  }
  const { document, exitCode } = checkExpected(outcome.results, tested.config);
  context.json({ folder: tested.folder.root, ...outcome, ...document });
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
): Promise<Outcome> {
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
  return { results: { [name]: result } };
}

async function testWeights(
  { config, folder }: TestedRun,
  testSets: readonly CocoDataset[],
  { options, context }: { options: TestOptions; context: CommandContext },
): Promise<Outcome> {
  const weights = await chooseWeights(folder, { options, context });
  const terminal = new Terminal(context);
  return await withDevice(options, async (device) => {
    const results: Record<string, EvaluationResult> = {};
    const model = makeModel(device, config);
    const { MODEL } = config;
    const report = await loadWeights(model.state, weights.path, { model: MODEL, need: "all" });
    logWeights(report);
    for (const dataset of testSets) {
      const { name } = dataset.spec;
      const place = weights.label === undefined ? name : `${name}_${weights.label}`;
      const tested = { model, device, config, folder, terminal };
      const { result, detections } = await testOn(tested, { dataset, place });
      results[name] = result;
      if (options.showRes) await showResults({ config, folder }, { dataset, detections, place });
    }
    model.close();
    return { weights: report, results };
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
async function chooseWeights(
  folder: RunFolder,
  { options, context }: { options: TestOptions; context: CommandContext },
): Promise<ChosenCheckpoint> {
  if (options.weights === undefined) return await chooseCheckpoint(folder, options.iteration);
  return { path: context.path(options.weights), label: "weights" };
}
