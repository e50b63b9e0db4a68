/** Copies of blocks between tensors over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** A block of `block` elements of each of `images` images, and where it is in both tensors. */
export interface Blocks {
  readonly images: number;
  readonly block: number;
  readonly sourceStride: number;
  readonly sourceOffset: number;
  readonly targetStride: number;
  readonly targetOffset: number;
}

/** copy[targetOffset + n·targetStride + i] = source[sourceOffset + n·sourceStride + i]. */
export function copyBlocks(
  { source, copy }: { source: FloatArray; copy: FloatArray },
  { images, block, sourceStride, sourceOffset, targetStride, targetOffset }: Blocks,
): void {
  for (let n = 0; n < images; n++) {
    const start = sourceOffset + n * sourceStride;
    copy.set(source.subarray(start, start + block), targetOffset + n * targetStride);
  }
}
