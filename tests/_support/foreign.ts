/** Narrow detectors of other makers with what they find: tests/fixtures/foreign. @module */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { type Batch, type BatchImage, paddedSize, placeImage } from "../../core/data/mod.ts";
import type { Detections } from "../../core/detection/detections.ts";
import type { Criteria } from "../../core/detection/mod.ts";
import { DynamicRcnn } from "../../core/detection/dynamic_rcnn.ts";
import { type Device, scope } from "../../core/runtime/mod.ts";
import { batchTruths, imageBatch } from "../../core/train/batch_input.ts";
import { type Config, defineExperiment } from "../../core/train/config.ts";
import { loadWeights } from "../../core/train/weights/load_weights.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/foreign/", import.meta.url));

/** What a make_*.py writes beside the weights. */
export interface ForeignCase {
  readonly images: readonly { width: number; height: number; pixels: string }[];
  readonly resized: readonly { width: number; height: number; padded: [number, number] }[];
  /** Per image, boxes in the original image's pixels. */
  readonly detections: readonly { boxes: number[]; scores: number[]; labels: number[] }[];
  /** Per image, rows of x1, y1, x2, y2, label, in the original image's pixels. */
  readonly truths: readonly (readonly number[][])[];
  readonly losses: Readonly<Record<string, number>>;
  /** In force for the losses; the configuration's fixed ones where absent. */
  readonly criteria?: Criteria;
  /** What the schedule learns from the step. */
  readonly statistics?: { readonly iou: number; readonly error: number };
  /** L2 norms of gradients, by their maker's names. */
  readonly gradientNorms: Readonly<Record<string, number>>;
}

/** Reads `name.json`. */
export function readForeign(name: string): ForeignCase {
  return JSON.parse(Deno.readTextFileSync(join(FOLDER, `${name}.json`)));
}

/** An experiment at the widths and sizes of the fixtures. */
export function narrowed(experiment: Config): Config {
  return defineExperiment({
    INPUT: { MIN_SIZE_TEST: 150, MAX_SIZE_TEST: 230 },
    MODEL: {
      BACKBONE: { FREEZE_CONV_BODY_AT: 0 },
      RESNETS: {
        STEM_OUT_CHANNELS: 16,
        WIDTH_PER_GROUP: 4,
        RES2_OUT_CHANNELS: 16,
        BACKBONE_OUT_CHANNELS: 16,
        STAGE_BLOCKS: [1, 1, 1, 1],
      },
      ROI_BOX_HEAD: { MLP_HEAD_DIM: 24 },
    },
  }, experiment);
}

/** A detector with the weights of `name.pth`, all of them. Close it. */
export async function foreignModel(
  name: string,
  { device, config }: { device: Device; config: Config },
): Promise<DynamicRcnn> {
  const { MODEL } = config;
  const model = new DynamicRcnn(device, MODEL, { seed: 1, imagesPerGpu: 2 });
  await loadWeights(model.state, join(FOLDER, `${name}.pth`), { model: MODEL, need: "all" });
  return model;
}

/** Some of a case's images as they enter the network. */
export function foreignBatch(
  { images, truths }: ForeignCase,
  { INPUT, DATALOADER, MODEL }: Config,
  indices: readonly number[],
): Batch {
  const placed = indices.map((index): BatchImage => {
    const { width, height, pixels } = images[index]!;
    const rows = truths[index]!;
    const target = {
      boxes: Float32Array.from(rows.flatMap((row) => row.slice(0, 4))),
      labels: Int32Array.from(rows, (row) => row[4]!),
    };
    const augmentation = {
      ...{ minSize: INPUT.MIN_SIZE_TEST, flipHorizontal: false, flipVertical: false, jitter: [] },
    };
    const placement = placeImage({ width, height, target }, {
      augmentation,
      ...{ maxSize: INPUT.MAX_SIZE_TEST, resize: INPUT.RESIZE, boxOffset: MODEL.BOX_OFFSET },
    });
    const bytes = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
    return { id: index, index, fileName: "", pixels: bytes, width, height, ...placement };
  });
  const padded = paddedSize(
    placed.map(({ resizedWidth, resizedHeight }) => (
      { width: resizedWidth, height: resizedHeight }
    )),
    DATALOADER.SIZE_DIVISIBILITY,
  );
  return {
    iteration: 1,
    images: placed,
    paddedWidth: padded.width,
    paddedHeight: padded.height,
  };
}

/** A batch's tensors, for the calling scope. */
export function foreignInput(device: Device, batch: Batch, config: Config) {
  return scope(() => ({
    images: imageBatch(device, batch, config),
    truths: batchTruths(device, batch),
  }));
}

/** Fails unless each expected detection is found once: same class, box within 0.01 px, score within 1e-4. */
export function assertDetections(
  found: Detections,
  expected: ForeignCase["detections"][number],
  { image, name }: {
    image: Pick<BatchImage, "width" | "height" | "resizedWidth" | "resizedHeight">;
    name: string;
  },
): void {
  const ratios = [image.resizedWidth / image.width, image.resizedHeight / image.height];
  const free = new Set(found.labels.keys());
  expected.labels.forEach((label, i) => {
    const distances = Array.from(free, (j): [number, number] => {
      if (found.labels[j] !== label) return [Infinity, j];
      const box = [0, 1, 2, 3].map((side) =>
        Math.abs(found.boxes[j * 4 + side]! - expected.boxes[i * 4 + side]! * ratios[side % 2]!)
      );
      const score = Math.abs(found.scores[j]! - expected.scores[i]!);
      return [Math.max(...box.map((side) => side / 0.01), score / 1e-4), j];
    });
    const [distance, best] = distances.reduce((a, b) => b[0] < a[0] ? b : a, [Infinity, -1]);
    const box = expected.boxes.slice(i * 4, i * 4 + 4);
    assert.ok(
      distance <= 1,
      `${name}: nothing equals class ${label}, score ${
        expected.scores[i]
      }, box ${box}: the nearest is off by ${distance} tolerances`,
    );
    free.delete(best);
  });
  assert.equal(free.size, 0, `${name}: ${free.size} detections too many`);
}

/** A case's images as a COCO set of these categories, without annotations; image n has id n + 1. */
export async function writeForeignSet(
  folder: string,
  { images }: ForeignCase,
  categories: readonly number[],
): Promise<{ img_dir: string; ann_file: string }> {
  const entries = images.map(({ width, height }, i) => (
    { id: i + 1, file_name: `${i + 1}.png`, width, height }
  ));
  for (const [i, { width, height, pixels }] of images.entries()) {
    const bytes = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
    await sharp(bytes, { raw: { width, height, channels: 3 } }).png()
      .toFile(join(folder, entries[i]!.file_name));
  }
  const ann_file = join(folder, "ann.json");
  const named = categories.map((id) => ({ id, name: `class ${id}` }));
  const document = { images: entries, categories: named, annotations: [] };
  await Deno.writeTextFile(ann_file, JSON.stringify(document));
  return { img_dir: folder, ann_file };
}
