/** Copies between levels and their concatenation over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** The levels of one launch: at most five, named a to e. */
export interface Blocks {
  readonly images: number;
  /** Elements of an image of each level. */
  readonly blocks: readonly number[];
  /** Elements of an image of the whole, and where in it the first of these levels begins. */
  readonly stride: number;
  readonly offset: number;
}

/** Names of the levels of a launch. */
export const LEVELS = ["a", "b", "c", "d", "e"] as const;

type Arrays = Record<typeof LEVELS[number] | "whole", FloatArray>;

/** whole = the levels, one after another in each image. */
export function join(arrays: Arrays, blocks: Blocks): void {
  forEachBlock(
    blocks,
    ({ level, block, from, to }) =>
      arrays.whole.set(arrays[level].subarray(from, from + block), to),
  );
}

/** The levels = their parts of whole. */
export function split(arrays: Arrays, blocks: Blocks): void {
  forEachBlock(
    blocks,
    ({ level, block, from, to }) => arrays[level].set(arrays.whole.subarray(to, to + block), from),
  );
}

/** Every image's block of every level: from element `from` of the level, from `to` of the whole. */
function forEachBlock(
  { images, blocks, stride, offset }: Blocks,
  copy: (at: { level: typeof LEVELS[number]; block: number; from: number; to: number }) => void,
): void {
  for (let n = 0; n < images; n++) {
    let to = offset + n * stride;
    blocks.forEach((block, l) => {
      copy({ level: LEVELS[l]!, block, from: n * block, to });
      to += block;
    });
  }
}
