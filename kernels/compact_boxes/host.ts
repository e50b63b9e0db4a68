/** Gathering selected rows over typed arrays; the contracts are in gather_boxes.wgsl and gather_scores.wgsl. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Where boxes lie; in boxes. */
export interface GatherParams {
  /** Rows of indices. */
  readonly rows: number;
  /** Boxes of an output row. */
  readonly capacity: number;
  /** Indices of a row. */
  readonly indexLength: number;
  /** Truths that a row has at most; 0: none are appended. */
  readonly truthLength: number;
  readonly rowsPerImage: number;
  readonly imageStride: number;
  readonly indexStride: number;
  readonly offset: number;
}

/** out = the boxes that the indices name, then the truths, then zeros. */
export function gatherBoxesHost(
  { boxes, indices, counts, truths, truthCounts, out, outCounts }: {
    boxes: FloatArray;
    indices: Int32Array;
    counts: Int32Array;
    truths: FloatArray;
    truthCounts: Int32Array;
    out: FloatArray;
    outCounts: Int32Array;
  },
  p: GatherParams,
): void {
  for (let row = 0; row < p.rows; row++) {
    const found = Math.min(counts[row * 2]! + counts[row * 2 + 1]!, p.capacity);
    const added = p.truthLength === 0 ? 0 : Math.min(
      Math.max(truthCounts[row]!, 0),
      p.truthLength,
      p.capacity - found,
    );
    const first = p.offset + Math.floor(row / p.rowsPerImage) * p.imageStride +
      row % p.rowsPerImage;
    const at = row * p.capacity * 4;
    for (let i = 0; i < found; i++) {
      const from = (first + indices[row * p.indexLength + i]! * p.indexStride) * 4;
      for (let side = 0; side < 4; side++) out[at + i * 4 + side] = boxes[from + side]!;
    }
    const truth = row * p.truthLength * 4;
    for (let i = 0; i < added * 4; i++) out[at + found * 4 + i] = truths[truth + i]!;
    out.fill(0, at + (found + added) * 4, at + p.capacity * 4);
    outCounts[row] = found + added;
  }
}

/** out = the names of the boxes that the indices name, then −1, −2, … for the truths, then 0. */
export function gatherNamesHost(
  { names, indices, counts, truthCounts, out }: {
    names: Int32Array;
    indices: Int32Array;
    counts: Int32Array;
    truthCounts: Int32Array;
    out: Int32Array;
  },
  p: { rows: number; capacity: number; indexLength: number; length: number; truthLength: number },
): void {
  for (let row = 0; row < p.rows; row++) {
    const found = counts[row * 2]! + counts[row * 2 + 1]!;
    const truths = p.truthLength === 0
      ? 0
      : Math.min(Math.max(truthCounts[row]!, 0), p.truthLength);
    for (let i = 0; i < p.capacity; i++) {
      out[row * p.capacity + i] = i < found
        ? names[row * p.length + indices[row * p.indexLength + i]!]!
        : i < found + truths
        ? found - i - 1
        : 0;
    }
  }
}

/** out = the scores that the indices name, 0 where an index is −1. */
export function gatherScoresHost(
  { scores, indices, out }: { scores: FloatArray; indices: Int32Array; out: FloatArray },
  { size, indexLength, length }: { size: number; indexLength: number; length: number },
): void {
  for (let i = 0; i < size; i++) {
    const index = indices[i]!;
    out[i] = index < 0 ? 0 : scores[Math.floor(i / indexLength) * length + index]!;
  }
}
