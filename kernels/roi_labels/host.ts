/** RoI labels over typed arrays. */

/** N, P, G. */
export interface RoiLabelParams {
  readonly images: number;
  readonly rows: number;
  readonly truths: number;
}

/** labels[n][p] = truthLabels[n][matches[n][p]]; 0 for −1, −1 for −2 and from boxCounts[n] on. */
export function roiLabels(
  { matches, truthLabels, boxCounts, labels }: {
    matches: Int32Array;
    truthLabels: Int32Array;
    boxCounts: Int32Array;
    labels: Int32Array;
  },
  { images, rows, truths }: RoiLabelParams,
): void {
  for (let n = 0; n < images; n++) {
    for (let p = 0; p < rows; p++) {
      const match = matches[n * rows + p]!;
      const label = match >= 0 ? truthLabels[n * truths + match]! : match === -1 ? 0 : -1;
      labels[n * rows + p] = p < boxCounts[n]! ? label : -1;
    }
  }
}
