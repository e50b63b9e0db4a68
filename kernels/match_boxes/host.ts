/** Matching of boxes to truths over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Sizes and thresholds; see match.wgsl. */
export interface MatchParams {
  readonly images: number;
  readonly rows: number;
  readonly imageStride: number;
  readonly truths: number;
  readonly counted: boolean;
  readonly lowQuality: boolean;
  /** Negative: none. */
  readonly claimFrom: number;
  readonly high: number;
  readonly low: number;
  /** Sides are x2 − x1 + offset. */
  readonly offset: number;
}

interface MatchArrays {
  readonly boxes: FloatArray;
  readonly boxCounts: Int32Array;
  readonly truths: FloatArray;
  readonly truthCounts: Int32Array;
  readonly matches: Int32Array;
  readonly ious: FloatArray;
}

/** One image's truths, and room for one box's IoU with each. */
interface Image {
  readonly boxes: FloatArray;
  readonly truths: FloatArray;
  readonly row: Float32Array;
  readonly offset: number;
}

const { fround, max, min } = Math;

/** matches and ious of every box; see mod.ts. */
export function matchBoxes(arrays: MatchArrays, params: MatchParams): void {
  const { boxCounts, truthCounts, matches, ious } = arrays;
  const { rows, imageStride, truths: capacity } = params;
  for (let n = 0; n < params.images; n++) {
    const count = max(0, min(truthCounts[n]!, capacity));
    const used = params.counted ? max(0, min(boxCounts[n]!, rows)) : rows;
    const image = {
      boxes: arrays.boxes.subarray(n * imageStride * 4, (n * imageStride + rows) * 4),
      truths: arrays.truths.subarray(n * capacity * 4, (n * capacity + count) * 4),
      row: new Float32Array(count),
      offset: params.offset,
    };
    const best = params.lowQuality ? bestOfTruths(image, used) : undefined;
    for (let p = 0; p < used; p++) {
      iouRow(image, p);
      const match = matchOf(image.row, best, params);
      matches[n * rows + p] = match;
      ious[n * rows + p] = image.row[max(match, 0)] ?? 0;
    }
    matches.fill(-1, n * rows + used, (n + 1) * rows);
    ious.fill(-1, n * rows + used, (n + 1) * rows);
  }
}

function matchOf(row: Float32Array, best: Float32Array | undefined, params: MatchParams): number {
  const claimFrom = fround(params.claimFrom);
  let top = -1, found = -1, tied = false, claimed = -1;
  for (let g = 0; g < row.length; g++) {
    const iou = row[g]!;
    if (iou > top) [top, found] = [iou, g];
    if (!best || iou !== best[g]) continue;
    if (claimFrom < 0) tied = true;
    else if (iou >= claimFrom) claimed = g;
  }
  if (claimed >= 0) return claimed;
  if (found >= 0 && (top >= fround(params.high) || tied)) return found;
  return top < fround(params.low) ? -1 : -2;
}

function bestOfTruths(image: Image, used: number): Float32Array {
  const { row } = image;
  const best = new Float32Array(row.length);
  for (let p = 0; p < used; p++) {
    iouRow(image, p);
    for (let g = 0; g < row.length; g++) if (row[g]! > best[g]!) best[g] = row[g]!;
  }
  return best;
}

/**
 * row[g] = IoU of truth g with box p; 0 where they do not overlap. Rounded to float32 at each step whatever
 * the arrays hold, as the original and the WGSL do, so that thresholds and ties are decided alike on all
 * devices (but for those that fuse multiply and add, by an ulp).
 */
function iouRow({ boxes, truths, row, offset }: Image, p: number): void {
  const x1 = boxes[p * 4]!, y1 = boxes[p * 4 + 1]!, x2 = boxes[p * 4 + 2]!, y2 = boxes[p * 4 + 3]!;
  const area = fround(fround(fround(x2 - x1) + offset) * fround(fround(y2 - y1) + offset));
  for (let g = 0, t = 0; g < row.length; g++, t += 4) {
    const tx1 = truths[t]!, ty1 = truths[t + 1]!, tx2 = truths[t + 2]!, ty2 = truths[t + 3]!;
    const width = fround(fround((tx2 < x2 ? tx2 : x2) - (tx1 > x1 ? tx1 : x1)) + offset);
    const height = fround(fround((ty2 < y2 ? ty2 : y2) - (ty1 > y1 ? ty1 : y1)) + offset);
    if (!(width > 0 && height > 0)) {
      row[g] = 0;
      continue;
    }
    const inter = fround(width * height);
    const truthArea = fround(
      fround(fround(tx2 - tx1) + offset) * fround(fround(ty2 - ty1) + offset),
    );
    row[g] = inter / fround(fround(truthArea + area) - inter);
  }
}
