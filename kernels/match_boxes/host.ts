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

/** The boxes of an image in use, and its truths. */
interface Image {
  readonly boxes: FloatArray;
  readonly truths: FloatArray;
  readonly offset: number;
}

/** What becomes known of each box of an image. */
interface Found {
  /** The first of its best truths, −1 where there are no truths. */
  readonly matches: Int32Array;
  /** Its IoU with that, −1 where there are no truths. */
  readonly ious: FloatArray;
  /** The last truth whose best IoU it is tied for, or which claims it: −1 if none. */
  readonly tied: Int32Array;
}

const { fround, max, min } = Math;

/** matches and ious of every box; see mod.ts. */
export function matchBoxes(arrays: MatchArrays, params: MatchParams): void {
  const { boxCounts, truthCounts, matches, ious } = arrays;
  const { rows, imageStride, truths: capacity } = params;
  const tied = new Int32Array(rows), ties = new Int32Array(rows);
  for (let n = 0; n < params.images; n++) {
    const count = max(0, min(truthCounts[n]!, capacity));
    const used = params.counted ? max(0, min(boxCounts[n]!, rows)) : rows;
    const first = n * rows, boxes = n * imageStride * 4;
    const image = {
      boxes: arrays.boxes.subarray(boxes, boxes + used * 4),
      truths: arrays.truths.subarray(n * capacity * 4, (n * capacity + count) * 4),
      offset: params.offset,
    };
    const found = {
      matches: matches.subarray(first, first + used).fill(-1),
      ious: ious.subarray(first, first + used).fill(-1),
      tied: tied.fill(-1),
    };
    for (let truth = 0; truth < count; truth++) findBoxes(image, truth, { found, ties, params });
    decide(image, found, params);
    matches.fill(-1, first + used, first + rows);
    ious.fill(-1, first + used, first + rows);
  }
}

/** Brings what is `found` of each box up to date with one truth; `ties` is room for as many boxes. */
function findBoxes(
  { boxes, truths, offset }: Image,
  truth: number,
  { found, ties, params }: { found: Found; ties: Int32Array; params: MatchParams },
): void {
  const { matches, ious, tied } = found;
  let best = 0, count = 0;
  for (let p = 0; p < matches.length; p++) {
    const iou = iouOf(boxes, p * 4, truths, truth * 4, offset);
    if (iou > ious[p]!) {
      ious[p] = iou;
      matches[p] = truth;
    }
    if (iou >= best) {
      if (iou > best) count = 0;
      best = iou;
      ties[count++] = p;
    }
  }
  if (!params.lowQuality || best < fround(params.claimFrom)) return;
  for (let i = 0; i < count; i++) tied[ties[i]!] = truth;
}

/** Turns what was found of each box into its match and the IoU to be reported. */
function decide({ boxes, truths, offset }: Image, found: Found, params: MatchParams): void {
  const { matches, ious, tied } = found;
  const claims = params.claimFrom >= 0, high = fround(params.high), low = fround(params.low);
  for (let p = 0; p < matches.length; p++) {
    const iou = ious[p]!, match = matches[p]!;
    const isPositive = match >= 0 && (iou >= high || tied[p]! >= 0);
    let other = match;
    if (claims && tied[p]! >= 0) other = matches[p] = tied[p]!;
    else if (!isPositive) {
      matches[p] = iou < low ? -1 : -2;
      other = 0;
    }
    if (truths.length === 0) ious[p] = 0;
    else if (other !== match) ious[p] = iouOf(boxes, p * 4, truths, other * 4, offset);
  }
}

/**
 * IoU of the box at `b` with the truth at `t`; 0 where they do not overlap. Rounded to float32 at each step whatever
 * the arrays hold, as the original and the WGSL do, so that thresholds and ties are decided alike on all
 * devices (but for those that fuse multiply and add, by an ulp).
 */
function iouOf(
  boxes: FloatArray,
  b: number,
  truths: FloatArray,
  t: number,
  offset: number,
): number {
  const x1 = boxes[b]!, x2 = boxes[b + 2]!, tx1 = truths[t]!, tx2 = truths[t + 2]!;
  const width = fround(fround((tx2 < x2 ? tx2 : x2) - (tx1 > x1 ? tx1 : x1)) + offset);
  if (!(width > 0)) return 0;
  const y1 = boxes[b + 1]!, y2 = boxes[b + 3]!, ty1 = truths[t + 1]!, ty2 = truths[t + 3]!;
  const height = fround(fround((ty2 < y2 ? ty2 : y2) - (ty1 > y1 ? ty1 : y1)) + offset);
  if (!(height > 0)) return 0;
  const inter = fround(width * height);
  const area = fround(fround(fround(x2 - x1) + offset) * fround(fround(y2 - y1) + offset));
  const truthArea = fround(
    fround(fround(tx2 - tx1) + offset) * fround(fround(ty2 - ty1) + offset),
  );
  return fround(inter / fround(fround(truthArea + area) - inter));
}
