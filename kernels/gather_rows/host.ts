/** Gathering of rows over typed arrays. */

/** N, P, B, c, and what padding holds. */
export interface GatherParams {
  readonly images: number;
  readonly rows: number;
  readonly picked: number;
  readonly columns: number;
  readonly fill: number;
}

/** gathered[n][b] = values[n][indices[n][b]], `fill` where the index is negative. */
export function gatherRows<A extends Float32Array | Float64Array | Int32Array>(
  { values, indices, gathered }: { values: A; indices: Int32Array; gathered: A },
  { images, rows, picked, columns, fill }: GatherParams,
): void {
  for (let n = 0; n < images; n++) {
    for (let b = 0; b < picked; b++) {
      const to = (n * picked + b) * columns;
      const source = indices[n * picked + b]!;
      if (source < 0) {
        gathered.fill(fill, to, to + columns);
        continue;
      }
      const from = (n * rows + source) * columns;
      for (let c = 0; c < columns; c++) gathered[to + c] = values[from + c]!;
    }
  }
}
