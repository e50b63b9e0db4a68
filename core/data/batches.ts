/**
 * Which images come when: a pure function of (seed, epoch), so that a run can start at any
 * iteration and see what the unbroken run would have seen.
 * @module
 */

import type { Size } from "./geometry.ts";
import { permutation, STREAM } from "./random.ts";

/** How a set is cut into batches. */
export interface BatchPlanOptions {
  /** Images a batch; those left over at the end of an epoch make a shorter one. */
  readonly batchSize: number;
  readonly seed: number;
  /** A new order each epoch; otherwise data-set order. */
  readonly shuffle: boolean;
  /** Never wide and tall images in one batch, as it would be padding for the most part. */
  readonly groupByAspect: boolean;
}

/** The order of a set's images in batches, epoch after epoch. Iterations count from 1. */
export class BatchPlan {
  readonly #options: BatchPlanOptions;
  readonly #imageCount: number;
  /** Images with height/width below 1 are in group 0; all others, squares too, in group 1. */
  readonly #groups: Uint8Array;
  /** Short batches included; the same in every epoch. */
  readonly batchesPerEpoch: number;
  /** The epoch worked out last, as consecutive iterations ask for the same one. */
  #latest: { epoch: number; batches: readonly number[][] } | null = null;

  /** @throws RangeError for no images or a batch size below 1. */
  constructor(images: readonly Size[], options: BatchPlanOptions) {
    if (images.length === 0 || options.batchSize < 1) {
      throw new RangeError(
        `Cannot plan batches of ${options.batchSize} over ${images.length} images`,
      );
    }
    this.#options = options;
    this.#imageCount = images.length;
    this.#groups = Uint8Array.from(
      images,
      ({ width, height }) => options.groupByAspect && height / width >= 1 ? 1 : 0,
    );
    this.batchesPerEpoch = this.epoch(0).length;
  }

  /** Epoch (from 0) that an iteration (from 1) falls in. */
  epochOf(iteration: number): number {
    return Math.floor((iteration - 1) / this.batchesPerEpoch);
  }

  /** Indices of the images of an iteration (from 1). @throws RangeError below 1. */
  batchAt(iteration: number): readonly number[] {
    if (!(iteration >= 1)) throw new RangeError(`Iterations count from 1: ${iteration}`);
    const batch = this.epoch(this.epochOf(iteration))[(iteration - 1) % this.batchesPerEpoch];
    if (!batch) throw new RangeError(`Iterations are whole numbers: ${iteration}`);
    return batch;
  }

  /** All batches of an epoch (from 0), in their order. */
  epoch(epoch: number): readonly number[][] {
    if (this.#latest?.epoch !== epoch) {
      this.#latest = { epoch, batches: this.#cut(this.#order(epoch)) };
    }
    return this.#latest.batches;
  }

  #order(epoch: number): Iterable<number> {
    const { seed, shuffle } = this.#options;
    if (shuffle) return permutation(this.#imageCount, [seed, STREAM.order, epoch]);
    return Array.from({ length: this.#imageCount }, (_, index) => index);
  }

  /**
   * Fills one batch per group side by side. Batches stand where their first image stood, which
   * keeps the order as near to the given one as grouping allows (the original's sampler).
   */
  #cut(order: Iterable<number>): number[][] {
    const batches: number[][] = [];
    const open: (number[] | undefined)[] = [undefined, undefined];
    for (const index of order) {
      const group = this.#groups[index] ?? 0;
      let batch = open[group];
      if (!batch) {
        batch = [];
        open[group] = batch;
        batches.push(batch);
      }
      batch.push(index);
      if (batch.length === this.#options.batchSize) open[group] = undefined;
    }
    return batches;
  }
}
