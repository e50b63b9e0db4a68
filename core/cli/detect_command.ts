/** `detect`: runs a model on one's own images and folders. */
import { join } from "node:path";
import { type BadFile, type CocoDataset, datasetOfFiles, imageFiles } from "../data/mod.ts";
import type { Detection } from "../eval/mod.ts";
import { DataError, EXIT } from "../runtime/errors.ts";
import type { Config } from "../train/config.ts";
import { checkClasses } from "../train/datasets.ts";
import { chooseCheckpoint } from "../train/find_checkpoint.ts";
import { writePictures } from "../train/pictures.ts";
import { type RunFolder, runFolderOf, writeTextAtomically } from "../train/run_folder.ts";
import { predict } from "../train/tester.ts";
import { makeModel } from "../train/trainer.ts";
import { loadWeights } from "../train/weights/load_weights.ts";
import type { WeightReport } from "../train/weights/match_report.ts";
import { classNames } from "./class_names.ts";
import { openExperiment } from "./find_experiment.ts";
import { logWeights } from "./log_weights.ts";
import { logger } from "./logging.ts";
import { withDevice } from "./open_device.ts";
import type { CommandContext, DetectOptions } from "./options.ts";
import { Terminal } from "./terminal.ts";

/** What was found, and with what. */
interface Found {
  readonly weights: WeightReport;
  readonly detections: readonly Detection[];
}

/**
 * Finds objects in the images and writes, into `--out` or the run's folder: `detections.json` (COCO
 * results form), `images.json` (COCO instances form without annotations: which id is which file,
 * which category is which class) and `pictures/`.
 * @returns 3 where a file did not decode and DATALOADER.BAD_IMAGES is `error`; the others are done
 */
export async function detectCommand(
  options: DetectOptions,
  context: CommandContext,
): Promise<number | void> {
  const { id, config } = await openExperiment(options, { cwd: context.cwd });
  const folder = runFolderOf(id, config);
  const { dataset, bad } = await openImages(options, { config, context });
  const path = await weightsPath(folder, { options, context });
  const { weights, detections } = await detect(path, { config, dataset, options, context });
  const out = options.out === undefined ? join(folder.root, "detect") : context.path(options.out);
  const pictures = await writeResults(out, { dataset, detections });
  logger("detect").info(`${pictures} pictures in ${join(out, "pictures")}`);
  printCounts(dataset, { detections, context });
  const { images, categories } = dataset.truth;
  context.json({ folder: out, weights, images, categories, detections, bad });
  if (bad.length > 0 && config.DATALOADER.BAD_IMAGES === "error") return EXIT.data;
}

/** @throws DataError where no file decodes; UsageError where the classes are not the model's. */
async function openImages(
  options: DetectOptions,
  { config, context }: { config: Config; context: CommandContext },
): Promise<{ dataset: CocoDataset; bad: readonly BadFile[] }> {
  const files = await imageFiles(options.images.map((typed) => context.path(typed)));
  const { dataset, bad } = await datasetOfFiles(files, {
    ...await classNames(config),
    labels: config.DATALOADER.LABELS,
  });
  for (const { reason } of bad) logger("detect").warn(`Left out: ${reason}`);
  if (dataset.images.length === 0) {
    throw new DataError(
      `None of ${files.length} files is an image that decodes: ${bad[0]!.reason}`,
    );
  }
  checkClasses(dataset, config);
  return { dataset, bad };
}

async function weightsPath(
  folder: RunFolder,
  { options, context }: { options: DetectOptions; context: CommandContext },
): Promise<string> {
  if (options.weights !== undefined) return context.path(options.weights);
  return (await chooseCheckpoint(folder, options.iteration)).path;
}

async function detect(
  path: string,
  { config, dataset, options, context }: {
    config: Config;
    dataset: CocoDataset;
    options: DetectOptions;
    context: CommandContext;
  },
): Promise<Found> {
  const terminal = new Terminal(context);
  return await withDevice(options, async (device) => {
    const model = makeModel(device, config);
    try {
      const weights = await loadWeights(model.state, path, { model: config.MODEL, need: "all" });
      logWeights(weights);
      const { detections } = await predict({ model, device, config }, dataset, {
        onProgress: (done, total) => terminal.draw?.(`${done} of ${total} images`),
      });
      terminal.endBar();
      const threshold = options.score ?? config.TEST.VIS_THRESH;
      return { weights, detections: detections.filter(({ score }) => score >= threshold) };
    } finally {
      model.close();
    }
  });
}

/** @returns how many pictures were written */
async function writeResults(
  out: string,
  { dataset, detections }: { dataset: CocoDataset; detections: readonly Detection[] },
): Promise<number> {
  const { images, categories, annotations } = dataset.truth;
  await writeTextAtomically(join(out, "detections.json"), JSON.stringify(detections));
  await writeTextAtomically(
    join(out, "images.json"),
    JSON.stringify({ images, categories, annotations }, null, 1) + "\n",
  );
  return await writePictures(dataset, detections, {
    folder: join(out, "pictures"),
    threshold: 0,
    onBadImage: "error",
  });
}

function printCounts(
  dataset: CocoDataset,
  { detections, context }: { detections: readonly Detection[]; context: CommandContext },
): void {
  const byImage = Map.groupBy(detections, ({ image_id }) => image_id);
  for (const { id, file_name } of dataset.images) {
    const classes = Map.groupBy(
      byImage.get(id) ?? [],
      ({ category_id }) => dataset.classNames[dataset.labelOf(category_id)]!,
    );
    const counts = [...classes].map(([name, all]) => `${all.length} ${name}`);
    context.print(`${file_name}: ${counts.join(", ") || "nothing"}`);
  }
}
