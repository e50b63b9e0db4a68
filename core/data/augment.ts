/**
 * What happens to an image on its way to the network, and its target with it. Drawn from (seed,
 * iteration, position in the batch) alone, so that a resumed run augments as the unbroken one.
 * @module
 */

import type { Target } from "./coco_dataset.ts";
import { drawJitter, type JitterRanges, type JitterStep } from "./color_jitter.ts";
import {
  flipBoxesHorizontally,
  flipBoxesVertically,
  resizedSize,
  type ResizeRule,
  scaleBoxes,
  type Size,
} from "./geometry.ts";
import { hash32, STREAM, uniform } from "./random.ts";

/** The choices that there are. One size and probabilities of 0 make a fixed transform. */
export interface AugmentOptions {
  /** INPUT.MIN_SIZE_…: the shorter side, drawn from these, all equally likely. */
  readonly minSizes: readonly number[];
  /** INPUT.MAX_SIZE_…: the most that the longer side may have. */
  readonly maxSize: number;
  /** INPUT.RESIZE; `pillow` where absent. */
  readonly resize?: ResizeRule;
  /** MODEL.BOX_OFFSET; 1 where absent. */
  readonly boxOffset?: number;
  readonly horizontalFlipProb: number;
  readonly verticalFlipProb: number;
  /** None by default. */
  readonly jitter?: JitterRanges;
}

/** Where in the run an image is: what its draws depend on. */
export interface DrawKey {
  readonly seed: number;
  /** From 1. */
  readonly iteration: number;
  /** In the batch, from 0. */
  readonly position: number;
}

/** The choices made for one image. */
export interface Augmentation {
  readonly minSize: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  readonly jitter: readonly JitterStep[];
}

/** How an image and its target enter the network. */
export interface Placement extends Target {
  readonly resizedWidth: number;
  readonly resizedHeight: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
}

/** The choices for the image at `key`. */
export function drawAugmentation(options: AugmentOptions, key: DrawKey): Augmentation {
  const keysOf = (stream: number) => [key.seed, stream, key.iteration, key.position];
  const sizes = options.minSizes;
  const minSize = sizes[Math.floor(uniform(keysOf(STREAM.scale)) * sizes.length)];
  if (minSize === undefined) throw new RangeError("Cannot choose a size as minSizes is empty");
  return {
    minSize,
    flipHorizontal: uniform(keysOf(STREAM.flipHorizontal)) < options.horizontalFlipProb,
    flipVertical: uniform(keysOf(STREAM.flipVertical)) < options.verticalFlipProb,
    jitter: options.jitter ? drawJitter(options.jitter, [hash32(keysOf(STREAM.jitter))]) : [],
  };
}

/**
 * Size and target of an image after resizing, then flipping.
 * `target.boxes` are `[n, 4]` xyxy in the original image, those returned in the network's.
 */
export function placeImage(
  image: Size & { target: Target },
  options:
    & { augmentation: Augmentation }
    & Pick<AugmentOptions, "maxSize" | "resize" | "boxOffset">,
): Placement {
  const { minSize, flipHorizontal, flipVertical } = options.augmentation;
  const to = resizedSize(image, { minSize, maxSize: options.maxSize, rule: options.resize });
  const ends = { offset: options.boxOffset };
  let boxes = scaleBoxes(image.target.boxes, { from: image, to });
  if (flipHorizontal) boxes = flipBoxesHorizontally(boxes, to.width, ends);
  if (flipVertical) boxes = flipBoxesVertically(boxes, to.height, ends);
  return {
    resizedWidth: to.width,
    resizedHeight: to.height,
    flipHorizontal,
    flipVertical,
    boxes,
    labels: image.target.labels,
  };
}
