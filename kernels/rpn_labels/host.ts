/** RPN labels over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Sizes, and how far an anchor may reach over the border. */
export interface RpnLabelParams {
  readonly images: number;
  readonly rows: number;
  readonly straddle: number;
}

/** labels[n][r] from matches[n][r] and whether anchors[r] is visible in image n. */
export function rpnLabels(
  { anchors, matches, imageSizes, labels }: {
    anchors: FloatArray;
    matches: Int32Array;
    imageSizes: FloatArray;
    labels: Int32Array;
  },
  { images, rows, straddle }: RpnLabelParams,
): void {
  for (let n = 0; n < images; n++) {
    const right = imageSizes[n * 2]! + straddle, bottom = imageSizes[n * 2 + 1]! + straddle;
    for (let r = 0, a = 0; r < rows; r++, a += 4) {
      const visible = straddle < 0 ||
        (anchors[a]! >= -straddle && anchors[a + 1]! >= -straddle &&
          anchors[a + 2]! < right && anchors[a + 3]! < bottom);
      const match = matches[n * rows + r]!;
      labels[n * rows + r] = !visible ? -1 : match >= 0 ? 1 : Math.min(match + 1, 0);
    }
  }
}
