/** Runs a model over data sets and evaluates what it finds. */
import type { Batch, BatchImage, CocoDataset } from "../data/mod.ts";
import type { Detections } from "../detection/detections.ts";
import { type Detection, evaluateBoxes, type EvaluationResult } from "../eval/mod.ts";
import { type Download, scope } from "../runtime/mod.ts";
import { imageBatch } from "./batch_input.ts";
import { detectAugmented, type TestedModel } from "./bbox_aug.ts";
import { plainLoader } from "./datasets.ts";
import { overlapped } from "./overlapped.ts";
import { inferenceFolder, type RunFolder, writeTextAtomically } from "./run_folder.ts";

/** Detections of a data set in COCO results form, and the seconds that they took. */
export interface Predictions {
  readonly detections: Detection[];
  readonly images: number;
  readonly seconds: number;
}

/** Runs a model over all images of a data set. */
export async function predict(
  { model, device, config }: TestedModel,
  dataset: CocoDataset,
  news: {
    readonly onProgress?: (done: number, total: number) => void;
    /** Told of each image that is left out as bad. */
    readonly onSkip?: (id: number, reason: string) => void;
  } = {},
): Promise<Predictions> {
  const { INPUT, TEST } = config;
  const loader = plainLoader(dataset, config, {
    batchSize: TEST.IMS_PER_GPU,
    minSize: INPUT.MIN_SIZE_TEST,
    maxSize: INPUT.MAX_SIZE_TEST,
    onSkip: news.onSkip,
  });
  const detections: Detection[] = [];
  const start = performance.now();
  let done = 0;
  const launch = (batch: Batch) => launchBatch({ model, device, config }, batch);
  for await (const { item: batch, result: found } of overlapped(loader, launch)) {
    batch.images.forEach((image, i) => {
      detections.push(...toCoco(found[i]!, image, { dataset, offset: config.MODEL.BOX_OFFSET }));
    });
    done += batch.images.length;
    news.onProgress?.(done, dataset.images.length);
  }
  return { detections, images: done, seconds: (performance.now() - start) / 1000 };
}

/**
 * Detections of each image of a batch, in its resized images' pixels: in one pass, or merged over those of
 * TEST.BBOX_AUG. `batch` must have been made with MIN_SIZE_TEST and MAX_SIZE_TEST.
 */
export function detectBatch(tested: TestedModel, batch: Batch): Promise<Detections[]> {
  return launchBatch(tested, batch).read();
}

/** {@link detectBatch}, handed to the device; the passes of TEST.BBOX_AUG begin when it is read. */
function launchBatch(tested: TestedModel, batch: Batch): Download<Detections[]> {
  const { model, device, config } = tested;
  if (batch.images.length === 0) return { read: () => Promise.resolve([]) };
  if (config.TEST.BBOX_AUG.ENABLED) return { read: () => detectAugmented(tested, batch) };
  return scope(() => model.launchDetection(imageBatch(device, batch, config)));
}

/** Boxes in the original image's pixels, as `[x, y, w, h]` with w = x2 − x1 + MODEL.BOX_OFFSET. */
function toCoco(
  { boxes, scores, labels }: Detections,
  image: BatchImage,
  { dataset, offset }: { dataset: CocoDataset; offset: number },
): Detection[] {
  const ratioX = image.width / image.resizedWidth, ratioY = image.height / image.resizedHeight;
  return Array.from(labels, (label, i) => {
    const x1 = boxes[i * 4]! * ratioX, y1 = boxes[i * 4 + 1]! * ratioY;
    const x2 = boxes[i * 4 + 2]! * ratioX, y2 = boxes[i * 4 + 3]! * ratioY;
    return {
      image_id: image.id,
      category_id: dataset.categoryIdOf(label),
      bbox: [x1, y1, x2 - x1 + offset, y2 - y1 + offset],
      score: scores[i]!,
    };
  });
}

/** Evaluates detections and writes them and their figures into the run's folder, below `inference/place`. */
export async function evaluateAndWrite(
  folder: RunFolder,
  { dataset, detections, place = dataset.spec.name }: {
    dataset: CocoDataset;
    detections: readonly Detection[];
    place?: string;
  },
): Promise<EvaluationResult> {
  const result = evaluateBoxes(dataset.truth, detections);
  const files = inferenceFolder(folder, place);
  await writeTextAtomically(files.predictions, JSON.stringify(detections));
  await writeTextAtomically(files.metrics, JSON.stringify(result, null, 1) + "\n");
  return result;
}

/** The figures as a line for people. */
export function describeFigures(name: string, result: EvaluationResult): string {
  const figure = (value: number) => value < 0 ? "–" : value.toFixed(3);
  return `${name}: AP ${figure(result.AP)}  AP50 ${figure(result.AP50)}  AP75 ${
    figure(result.AP75)
  }  AP90 ${figure(result.AP90)}  APs ${figure(result.APs)}  APm ${figure(result.APm)}  APl ${
    figure(result.APl)
  }  AR100 ${figure(result.AR100)}`;
}
