/** Data sets and loaders of a configuration. */
import {
  BatchLoader,
  BatchPlan,
  type CocoDataset,
  loadCocoDataset,
  type LoaderOptions,
  type LoadOptions,
} from "../data/mod.ts";
import { UsageError } from "../runtime/errors.ts";
import { type Config, resolveSchedule } from "./config.ts";
import { projectPath } from "./run_folder.ts";

/** Reads one data set of the configuration, by name. */
export function openDataset(
  name: string,
  { img_dir, ann_file }: { readonly img_dir: string; readonly ann_file: string },
  options: LoadOptions,
): Promise<CocoDataset> {
  return loadCocoDataset(
    { name, imgDir: projectPath(img_dir), annFile: projectPath(ann_file) },
    options,
  );
}

/**
 * The training set.
 * @throws UsageError where there is not exactly one, or it has more classes than the model.
 */
export async function openTrainingSet(config: Config): Promise<CocoDataset> {
  const entries = Object.entries(config.DATASETS.TRAIN);
  const [first] = entries;
  if (!first || entries.length > 1) {
    throw new UsageError(
      `DATASETS.TRAIN: expected one data set, received ${entries.length}; merge them into one annotation file.`,
    );
  }
  const dataset = await openDataset(first[0], first[1], { training: true, ...targets(config) });
  checkClasses(dataset, config);
  return dataset;
}

/** All test sets. @throws UsageError as {@link openTrainingSet}; DataError for broken files. */
export async function openTestSets(config: Config): Promise<CocoDataset[]> {
  const sets: CocoDataset[] = [];
  for (const [name, spec] of Object.entries(config.DATASETS.TEST)) {
    const dataset = await openDataset(name, spec, { training: false, ...targets(config) });
    checkClasses(dataset, config);
    sets.push(dataset);
  }
  return sets;
}

/** What targets are, besides which images have them. */
function targets({ MODEL, DATALOADER }: Config) {
  return { boxOffset: MODEL.BOX_OFFSET, labels: DATALOADER.LABELS };
}

/**
 * @throws UsageError where the set has another number of classes than NUM_CLASSES − 1, or, where its ids are
 * the classes, an id above that.
 */
export function checkClasses(dataset: CocoDataset, config: Config): void {
  const model = config.MODEL.ROI_BOX_HEAD.NUM_CLASSES;
  if (config.DATALOADER.LABELS === "ids") {
    if (dataset.numClasses <= model) return;
    throw new UsageError(
      `MODEL.ROI_BOX_HEAD.NUM_CLASSES is ${model}, DATALOADER.LABELS is "ids" and ${dataset.spec.annFile} has category id ${
        dataset.numClasses - 1
      }; use --set DATALOADER.LABELS=ascending or --set MODEL.ROI_BOX_HEAD.NUM_CLASSES=${dataset.numClasses}.`,
    );
  }
  if (dataset.numClasses !== model) {
    throw new UsageError(
      `MODEL.ROI_BOX_HEAD.NUM_CLASSES is ${model} and ${dataset.spec.annFile} has ${dataset.categoryIds.length} categories; use --set MODEL.ROI_BOX_HEAD.NUM_CLASSES=${dataset.numClasses} (the background is one more class).`,
    );
  }
}

/** Batches of training from `firstIteration` to `lastIteration`, both from 1 and included. */
export function trainingLoader(
  dataset: CocoDataset,
  config: Config,
  span: { firstIteration: number; lastIteration: number; onSkip?: LoaderOptions["onSkip"] },
): BatchLoader {
  const { INPUT, DATALOADER, SEED } = config;
  const plan = new BatchPlan(dataset.images, {
    batchSize: resolveSchedule(config).imagesPerIteration,
    seed: SEED,
    shuffle: true,
    groupByAspect: DATALOADER.ASPECT_RATIO_GROUPING,
  });
  return new BatchLoader(dataset, {
    plan,
    seed: SEED,
    ...span,
    ...loading(config),
    augment: {
      minSizes: typeof INPUT.MIN_SIZE_TRAIN === "number"
        ? [INPUT.MIN_SIZE_TRAIN]
        : INPUT.MIN_SIZE_TRAIN,
      maxSize: INPUT.MAX_SIZE_TRAIN,
      resize: INPUT.RESIZE,
      boxOffset: config.MODEL.BOX_OFFSET,
      horizontalFlipProb: INPUT.HORIZONTAL_FLIP_PROB_TRAIN,
      verticalFlipProb: INPUT.VERTICAL_FLIP_PROB_TRAIN,
      jitter: {
        brightness: INPUT.BRIGHTNESS,
        contrast: INPUT.CONTRAST,
        saturation: INPUT.SATURATION,
        hue: INPUT.HUE,
      },
    },
  });
}

/** Images in data-set order, `batchSize` at a time, at one size and not augmented, `batches` times. */
export function plainLoader(
  dataset: CocoDataset,
  config: Config,
  { batchSize, minSize, maxSize, batches, onSkip }: {
    batchSize: number;
    minSize: number;
    maxSize: number;
    batches?: number;
    onSkip?: LoaderOptions["onSkip"];
  },
): BatchLoader {
  const plan = new BatchPlan(dataset.images, {
    batchSize,
    seed: 0,
    shuffle: false,
    groupByAspect: batches === undefined && config.DATALOADER.ASPECT_RATIO_GROUPING,
  });
  return new BatchLoader(dataset, {
    plan,
    seed: 0,
    firstIteration: 1,
    lastIteration: batches ?? plan.batchesPerEpoch,
    onSkip,
    ...loading(config),
    augment: {
      minSizes: [minSize],
      maxSize,
      resize: config.INPUT.RESIZE,
      boxOffset: config.MODEL.BOX_OFFSET,
      horizontalFlipProb: 0,
      verticalFlipProb: 0,
    },
  });
}

function loading({ DATALOADER }: Config) {
  return {
    sizeDivisibility: DATALOADER.SIZE_DIVISIBILITY,
    workers: DATALOADER.NUM_WORKERS,
    cacheBytes: DATALOADER.CACHE_MB * 2 ** 20,
    onBadImage: DATALOADER.BAD_IMAGES,
  };
}
