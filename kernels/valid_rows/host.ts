/** Marks rows past each image's count, over typed arrays. */

/** out[n, p] = p < counts[n] ? 0 : −1. */
export function forward(
  { counts, out }: { counts: Int32Array; out: Int32Array },
  { images, rows }: { images: number; rows: number },
): void {
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < rows; p++) out[n * rows + p] = p < counts[n]! ? 0 : -1;
  }
}
