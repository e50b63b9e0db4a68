/** Selection by key over typed arrays; the contracts are in cut.wgsl, compact.wgsl and rank.wgsl. */

/** Numbers of a segment table's entry: start, size, k, first output. */
export const ENTRY = 4;

/** A cut that takes nothing. */
const NO_CUT = 0xffffffff;

/** Every key but 0. */
const ALL = { low: 1, high: 0xffffffff };

const histogram = new Uint32Array(256);

/** Keys that a search has not ruled out yet: after the highest digit few are left of a row. */
let pool = new Uint32Array();

/** The range of a row in the keys and its place in the output. */
interface Row {
  /** First key of the row in all keys. */
  readonly start: number;
  readonly size: number;
  readonly k: number;
}

/** {@link cutRows} parameters. */
export interface CutParams {
  readonly rows: number;
  readonly segments: number;
  /** Keys of an image. */
  readonly length: number;
}

/** Where to cut each row so that its best k keys but 0 are on one side: cuts = (key, end, n, 0) per row. */
export function cutRows(
  { keys, table, cuts }: { keys: Uint32Array; table: Uint32Array; cuts: Uint32Array },
  { rows, segments, length }: CutParams,
): void {
  for (let row = 0; row < rows; row++) {
    const entry = (row % segments) * ENTRY;
    const start = Math.floor(row / segments) * length + table[entry]!;
    const size = table[entry + 1]!, k = table[entry + 2]!;
    const { key, end, count } = cutRow(keys, { start, size, k }, ALL);
    cuts.set([key, end, count, 0], row * 4);
  }
}

/** Takes keys above `key` and those equal to it before index `end`: `count` in all. */
interface Cut {
  readonly key: number;
  readonly end: number;
  readonly count: number;
}

/** A radix search from the highest 8 bits down, then the place among equal keys. */
function cutRow(
  keys: Uint32Array,
  { start, size, k }: Row,
  range: { low: number; high: number },
): Cut {
  if (pool.length < size) pool = new Uint32Array(size);
  let pooled = takeCandidates(keys, { start, size }, range);
  const count = Math.min(k, pooled);
  if (count === 0) return { key: NO_CUT, end: 0, count: 0 };
  let digits = 0, wanted = count;
  for (let shift = 24; shift >= 0; shift -= 8) {
    let digit = 255;
    for (; histogram[digit]! < wanted; digit--) wanted -= histogram[digit]!;
    digits = (digits | (digit << shift)) >>> 0;
    if (shift > 0) pooled = narrow(pooled, digit, shift);
    else pooled = histogram[digit]!;
  }
  if (wanted === pooled) return { key: digits, end: size, count };
  let end = 0;
  for (; wanted > 0; end++) if (keys[start + end] === digits) wanted--;
  return { key: digits, end, count };
}

/** Pools the keys in the range and counts them by their highest digit; returns how many they are. */
function takeCandidates(
  keys: Uint32Array,
  { start, size }: { start: number; size: number },
  { low, high }: { low: number; high: number },
): number {
  histogram.fill(0);
  let pooled = 0;
  for (let i = start; i < start + size; i++) {
    const key = keys[i]!;
    if (key < low || key > high) continue;
    pool[pooled++] = key;
    histogram[key >>> 24]!++;
  }
  return pooled;
}

/** Leaves in the pool what has this digit at `shift` and counts it by the next lower one; returns how many they are. */
function narrow(pooled: number, digit: number, shift: number): number {
  histogram.fill(0);
  let left = 0;
  for (let i = 0; i < pooled; i++) {
    const key = pool[i]!;
    if (((key >>> shift) & 255) !== digit) continue;
    pool[left++] = key;
    histogram[(key >>> (shift - 8)) & 255]!++;
  }
  return left;
}

/** {@link compactRows} parameters. */
export interface CompactParams {
  readonly rows: number;
  readonly segments: number;
  readonly length: number;
  /** Outputs of an image. */
  readonly outLength: number;
  /** 0: all keys but 0 are selected; 1: the best; 2: see `split`. */
  readonly sides: number;
  /** With two sides: of keys of at least this, the best `most` at most; the best of those below for the rest. */
  readonly split: number;
  readonly most: number;
}

/** The indices of each row's selected keys, ascending, then −1. */
export function compactRows(
  { keys, table, out, outKeys, counts }: {
    keys: Uint32Array;
    table: Uint32Array;
    out: Int32Array;
    outKeys: Uint32Array;
    counts: Int32Array;
  },
  params: CompactParams,
): void {
  const { rows, segments, length, outLength, split } = params;
  for (let row = 0; row < rows; row++) {
    const entry = (row % segments) * ENTRY;
    const image = Math.floor(row / segments);
    const start = table[entry]!, size = table[entry + 1]!, k = table[entry + 2]!;
    const from = image * length + start;
    const first = image * outLength + table[entry + 3]!;
    const { upper, lower } = cutsOf(keys, { start: from, size, k }, params);
    let total = 0, above = 0;
    for (let i = 0; i < size && total < k; i++) {
      const key = keys[from + i]!;
      if (key === 0) continue;
      const isUpper = key >= split;
      const cut = isUpper ? upper : lower;
      if (key < cut.key || (key === cut.key && i >= cut.end)) continue;
      out[first + total] = start + i;
      outKeys[first + total] = key;
      total++;
      if (isUpper) above++;
    }
    out.fill(-1, first + total, first + k);
    outKeys.fill(0, first + total, first + k);
    counts[row * 2] = above;
    counts[row * 2 + 1] = total - above;
  }
}

/** Takes every key but 0. */
const EVERY: Cut = { key: 0, end: 0, count: 0 };

/** The cut of a row's keys of at least `split`, and of those below. */
function cutsOf(
  keys: Uint32Array,
  row: Row,
  { sides, split, most }: CompactParams,
): { upper: Cut; lower: Cut } {
  if (sides === 0) return { upper: EVERY, lower: EVERY };
  if (sides === 1) return { upper: cutRow(keys, row, ALL), lower: EVERY };
  const upper = cutRow(keys, { ...row, k: Math.min(row.k, most) }, { ...ALL, low: split });
  const rest = { ...row, k: row.k - upper.count };
  return { upper, lower: cutRow(keys, rest, { ...ALL, high: split - 1 }) };
}

/** Above any position within a row: a key and a position share one exact double. */
const POSITIONS = 2 ** 21;

/** Sorts each row's selected indices by key, the best first, equal keys in index order; then −1. */
export function rankRows(
  { found, foundKeys, counts, table, out }: {
    found: Int32Array;
    foundKeys: Uint32Array;
    counts: Int32Array;
    table: Uint32Array;
    out: Int32Array;
  },
  { rows, segments, length }: { rows: number; segments: number; length: number },
): void {
  let longest = 0;
  for (let segment = 0; segment < segments; segment++) {
    longest = Math.max(longest, table[segment * ENTRY + 2]!);
  }
  const order = new Float64Array(longest);
  for (let row = 0; row < rows; row++) {
    const entry = (row % segments) * ENTRY;
    const first = Math.floor(row / segments) * length + table[entry + 3]!;
    const count = counts[row * 2]! + counts[row * 2 + 1]!;
    const sorted = order.subarray(0, count);
    for (let i = 0; i < count; i++) {
      sorted[i] = (0xffffffff - foundKeys[first + i]!) * POSITIONS + i;
    }
    sorted.sort();
    for (let i = 0; i < count; i++) out[first + i] = found[first + sorted[i]! % POSITIONS]!;
    out.fill(-1, first + count, first + table[entry + 2]!);
  }
}
