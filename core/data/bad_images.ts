/**
 * What to do about images that do not decode: stop, or go on without a few of them and say which.
 * @module
 */

import { DataError } from "../runtime/errors.ts";

/** `error`: the first bad image ends the run. `skip`: it is left out, up to 1 % of the set. */
export type BadImagePolicy = "error" | "skip";

/** Of the set's images, how many may be skipped. */
const MAX_SKIPPED_SHARE = 0.01;
const NAMED = 5;

/** What {@link SkippedImages} needs to know of a data set. */
export interface SkipOptions {
  readonly name: string;
  readonly imageCount: number;
  readonly policy: BadImagePolicy;
  /** Told once of each image that is skipped. */
  readonly onSkip?: (id: number, reason: string) => void;
}

/** The images skipped so far in one data set, each counted once. */
export class SkippedImages {
  readonly #reasons = new Map<number, string>();
  readonly #set: SkipOptions;

  constructor(set: SkipOptions) {
    this.#set = set;
  }

  /** Id and reason of every skipped image, in the order met. */
  get list(): { id: number; reason: string }[] {
    return Array.from(this.#reasons, ([id, reason]) => ({ id, reason }));
  }

  /**
   * Takes in that image `id` failed with `error`.
   * @throws The error itself where it is not about data or the policy is `error`; DataError once
   * more than 1 % of the set is bad.
   */
  note(id: number, error: unknown): void {
    if (!(error instanceof DataError) || this.#set.policy === "error") throw error;
    if (!this.#reasons.has(id)) this.#set.onSkip?.(id, error.message);
    this.#reasons.set(id, error.message);
    const { name, imageCount } = this.#set;
    if (this.#reasons.size <= imageCount * MAX_SKIPPED_SHARE) return;
    const first = this.list.slice(0, NAMED).map(({ id, reason }) => `image ${id}: ${reason}`);
    throw new DataError(
      `Cannot go on with data set ${name}: ${this.#reasons.size} of its ${imageCount} images are ` +
        `bad, more than 1 %; run the data check for the full list.\n${first.join("\n")}`,
    );
  }
}
