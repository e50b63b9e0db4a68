/**
 * Test-time augmentation: an image is looked at in several sizes, mirrored too, and what all passes see is merged.
 * Source: the original's dynamic_rcnn/engine/bbox_aug.py.
 * @module
 */
import {
  type Batch,
  type BatchImage,
  flipBoxesHorizontally,
  paddedSize,
  resizedSize,
  scaleBoxes,
  type Size,
} from "../data/mod.ts";
import type { DynamicRcnn } from "../detection/dynamic_rcnn.ts";
import { type Detections, mergeCandidates } from "../detection/mod.ts";
import { type Device, scope } from "../runtime/mod.ts";
import { imageBatch } from "./batch_input.ts";
import type { Config } from "./config.ts";
import { overlapped } from "./overlapped.ts";

/** A model and what it runs with. */
export interface TestedModel {
  readonly model: DynamicRcnn;
  readonly device: Device;
  readonly config: Config;
}

/** How one pass sees an image. */
export interface View {
  /** Shorter side, unless the longer one would pass `maxSize`, in pixels. */
  readonly minSize: number;
  readonly maxSize: number;
  readonly flip: boolean;
}

/**
 * The passes of TEST.BBOX_AUG: the size of plain testing, whose frame the results are in, then mirrored where H_FLIP;
 * then every one of SCALES, each then mirrored where SCALE_H_FLIP. A scale equal to the plain size is a pass of its own.
 */
export function augmentedViews({ INPUT, TEST }: Config): View[] {
  const { H_FLIP, SCALES, MAX_SIZE, SCALE_H_FLIP } = TEST.BBOX_AUG;
  const plain = { minSize: INPUT.MIN_SIZE_TEST, maxSize: INPUT.MAX_SIZE_TEST };
  return [
    ...passes(plain, H_FLIP),
    ...SCALES.flatMap((minSize) => passes({ minSize, maxSize: MAX_SIZE }, SCALE_H_FLIP)),
  ];
}

function passes(size: Omit<View, "flip">, mirrored: boolean): View[] {
  const seen = { ...size, flip: false };
  return mirrored ? [seen, { ...size, flip: true }] : [seen];
}

/**
 * Detections of each image of a batch, merged over all views, in the pixels of the first view. Views take turns, and a
 * view's memory is free before the next one begins.
 * @param batch decoded images; only their pixels are used, as every view resizes the original image
 */
export async function detectAugmented(
  { model, device, config }: TestedModel,
  batch: Batch,
): Promise<Detections[]> {
  const { NMS, DETECTIONS_PER_IMG } = config.MODEL.ROI_HEADS;
  const offset = config.MODEL.BOX_OFFSET;
  const views = augmentedViews(config).map((view) => ({ view, seen: viewOf(batch, view, config) }));
  const found: Detections[][] = batch.images.map(() => []);
  const launch = ({ seen }: (typeof views)[number]) =>
    scope(() => model.launchCandidates(imageBatch(device, seen, config)));
  for await (const { item: { view, seen }, result: candidates } of overlapped(views, launch)) {
    seen.images.forEach((image, i) => {
      const frame = sizeOf(views[0]!.seen.images[i]!);
      found[i]!.push(
        inFrame(candidates[i]!, { seen: sizeOf(image), frame, flip: view.flip, offset }),
      );
    });
  }
  return found.map((ofImage) =>
    mergeCandidates(ofImage, { iouThreshold: NMS, limit: DETECTIONS_PER_IMG, offset })
  );
}

/** The batch as a view sees it. Truths are not carried along. */
function viewOf(
  batch: Batch,
  { flip, ...limits }: View,
  { DATALOADER, INPUT }: Config,
): Batch {
  const images = batch.images.map((image): BatchImage => {
    const { width, height } = resizedSize(image, { ...limits, rule: INPUT.RESIZE });
    return {
      ...image,
      resizedWidth: width,
      resizedHeight: height,
      flipHorizontal: flip,
      flipVertical: false,
      boxes: new Float32Array(),
      labels: new Int32Array(),
    };
  });
  const { width, height } = paddedSize(images.map(sizeOf), DATALOADER.SIZE_DIVISIBILITY);
  return { iteration: batch.iteration, images, paddedWidth: width, paddedHeight: height };
}

function sizeOf({ resizedWidth, resizedHeight }: BatchImage): Size {
  return { width: resizedWidth, height: resizedHeight };
}

/** Candidates in the frame's pixels: mirrored back, then scaled. */
function inFrame(
  { boxes, scores, labels }: Detections,
  { seen, frame, flip, offset }: { seen: Size; frame: Size; flip: boolean; offset: number },
): Detections {
  const upright = flip ? flipBoxesHorizontally(boxes, seen.width, { offset }) : boxes;
  return { boxes: scaleBoxes(upright, { from: seen, to: frame }), scores, labels };
}
