/**
 * Batches of decoded images, decoded ahead of their use. Decoding runs on threads of its own (in
 * libvips), so a few batches under way keep the device from waiting.
 * @module
 */

import {
  type Augmentation,
  type AugmentOptions,
  drawAugmentation,
  placeImage,
  type Placement,
} from "./augment.ts";
import { type BadImagePolicy, SkippedImages } from "./bad_images.ts";
import type { BatchPlan } from "./batches.ts";
import type { CocoDataset } from "./coco_dataset.ts";
import { applyJitter } from "./color_jitter.ts";
import { paddedSize } from "./geometry.ts";
import { type DecodedImage, decodeImage } from "./image.ts";
import { ImageCache } from "./image_cache.ts";
import { Limiter } from "./limiter.ts";

/**
 * One image of a batch. `pixels` are u8 RGB `[height, width, 3]` of the original size and may be
 * shared with other batches: read them only. `boxes` (`[n, 4]` f32 xyxy, inclusive widths) are in
 * pixels of the resized, then flipped image; `labels` (`[n]` i32) are 1..K.
 */
export interface BatchImage extends Placement, DecodedImage {
  /** The image's COCO id. */
  readonly id: number;
  /** Its index in the data set. */
  readonly index: number;
  readonly fileName: string;
}

/** What one iteration works on. `images` is empty where all of them were skipped as bad. */
export interface Batch {
  /** From 1. */
  readonly iteration: number;
  readonly images: readonly BatchImage[];
  /** The extent that holds every resized image, a multiple of the divisibility; 0 if empty. */
  readonly paddedWidth: number;
  readonly paddedHeight: number;
}

/** How batches are made. */
export interface LoaderOptions {
  readonly plan: BatchPlan;
  readonly seed: number;
  readonly augment: AugmentOptions;
  /** DATALOADER.SIZE_DIVISIBILITY. */
  readonly sizeDivisibility: number;
  /** First and last iteration, from 1, both included. */
  readonly firstIteration: number;
  readonly lastIteration: number;
  /** DATALOADER.NUM_WORKERS: images decoded at a time; 0 counts as 1. */
  readonly workers: number;
  /** Batches made ahead of the one in use; 2 by default. */
  readonly prefetch?: number;
  /** Most bytes of decoded pixels kept for later epochs; 0, the default, keeps none. */
  readonly cacheBytes?: number;
  /** `error` by default. */
  readonly onBadImage?: BadImagePolicy;
  /** Told once of each image that is left out as bad. */
  readonly onSkip?: (id: number, reason: string) => void;
}

const DEFAULT_PREFETCH = 2;

/** The batches of a span of iterations, in order. Each iteration over it starts at the first. */
export class BatchLoader implements AsyncIterable<Batch> {
  readonly #dataset: CocoDataset;
  readonly #options: LoaderOptions;
  readonly #cache: ImageCache;
  readonly #skipped: SkippedImages;

  constructor(dataset: CocoDataset, options: LoaderOptions) {
    this.#dataset = dataset;
    this.#options = options;
    this.#cache = new ImageCache(options.cacheBytes ?? 0);
    this.#skipped = new SkippedImages({
      name: dataset.spec.name,
      imageCount: dataset.images.length,
      policy: options.onBadImage ?? "error",
      onSkip: options.onSkip,
    });
  }

  /** Id and reason of each image left out so far. */
  get skipped(): { id: number; reason: string }[] {
    return this.#skipped.list;
  }

  /**
   * The batches. Leaving the loop early (`break`, `return()`) drops what has not begun to decode
   * and waits for what has, so nothing runs on behind the caller's back.
   * @throws DataError for an image that does not decode, at the turn of its batch.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    const { firstIteration, lastIteration, workers, prefetch = DEFAULT_PREFETCH } = this.#options;
    const limiter = new Limiter(Math.max(1, workers));
    const ahead: Promise<Batch>[] = [];
    let next = firstIteration;
    try {
      for (let iteration = firstIteration; iteration <= lastIteration; iteration++) {
        while (next <= lastIteration && next <= iteration + prefetch) {
          ahead.push(this.#start(next++, limiter));
        }
        const batch = await ahead[0];
        ahead.shift();
        if (batch) yield batch;
      }
    } finally {
      await limiter.close();
      await Promise.allSettled(ahead);
    }
  }

  #start(iteration: number, limiter: Limiter): Promise<Batch> {
    const batch = this.#make(iteration, limiter);
    // It fails at its turn, when it is awaited; until then that is nobody's unhandled rejection.
    batch.catch(() => {});
    return batch;
  }

  async #make(iteration: number, limiter: Limiter): Promise<Batch> {
    const indices = this.#options.plan.batchAt(iteration);
    const made = await Promise.all(
      indices.map((index, position) => {
        const key = { seed: this.#options.seed, iteration, position };
        return this.#image(index, {
          augmentation: drawAugmentation(this.#options.augment, key),
          limiter,
        });
      }),
    );
    const images = made.filter((image) => image !== null);
    const resized = images.map((image) => ({
      width: image.resizedWidth,
      height: image.resizedHeight,
    }));
    const padded = paddedSize(resized, this.#options.sizeDivisibility);
    return { iteration, images, paddedWidth: padded.width, paddedHeight: padded.height };
  }

  /** The image at `index`, or null where it is bad and bad images are skipped. */
  async #image(
    index: number,
    work: { augmentation: Augmentation; limiter: Limiter },
  ): Promise<BatchImage | null> {
    const { id, file_name: fileName } = this.#dataset.imageAt(index);
    const decoded = await work.limiter.run(() => this.#decode(index)).catch((error) => {
      this.#skipped.note(id, error);
      return null;
    });
    if (!decoded) return null;
    const { width, height } = decoded;
    const { augmentation } = work;
    const target = this.#dataset.target(index);
    const { maxSize, resize, boxOffset } = this.#options.augment;
    const pixels = augmentation.jitter.length === 0
      ? decoded.pixels
      : applyJitter(decoded, augmentation.jitter);
    const placement = placeImage({ width, height, target }, {
      augmentation,
      ...{ maxSize, resize, boxOffset },
    });
    return { id, index, fileName, pixels, width, height, ...placement };
  }

  async #decode(index: number): Promise<DecodedImage> {
    const kept = this.#cache.get(index);
    if (kept) return kept;
    const expected = this.#dataset.imageAt(index);
    const image = await decodeImage(this.#dataset.pathOf(index), { expected });
    this.#cache.offer(index, image);
    return image;
  }
}
