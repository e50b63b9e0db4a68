/** Selection by key over typed arrays; the contracts are in cut.wgsl, compact.wgsl and rank.wgsl. */

/** Numbers of a segment table's entry: start, size, k, first output. */
export const ENTRY = 4;

/** A cut that takes nothing. */
const NO_CUT = 0xffffffff;

const histogram = new Uint32Array(256);

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
  /** Candidates are keys from `low` to `high`. */
  readonly low: number;
  readonly high: number;
  readonly usePrior: number;
}

/** Where to cut each row so that its best k candidates are on one side: cuts = (key, end, n, 0) per row. */
export function cutRows(
  { keys, table, prior, cuts }: {
    keys: Uint32Array;
    table: Uint32Array;
    prior: Uint32Array;
    cuts: Uint32Array;
  },
  params: CutParams,
): void {
  const { rows, segments, length, low, high, usePrior } = params;
  for (let row = 0; row < rows; row++) {
    const entry = (row % segments) * ENTRY;
    const start = Math.floor(row / segments) * length + table[entry]!;
    const less = usePrior ? prior[row * 4 + 2]! : 0;
    const k = Math.max(0, table[entry + 2]! - less);
    const cut = cutRow(keys, { start, size: table[entry + 1]!, k }, { low, high });
    cuts.set([cut.key, cut.end, cut.count, 0], row * 4);
  }
}

/** A radix search from the highest 8 bits down, then the place among equal keys. */
function cutRow(
  keys: Uint32Array,
  { start, size, k }: Row,
  range: { low: number; high: number },
): { key: number; end: number; count: number } {
  let digits = 0, wanted = 0, sharing = 0, count = 0;
  for (let shift = 24; shift >= 0; shift -= 8) {
    countDigits(keys, { start, size, digits, shift }, range);
    if (shift === 24) {
      let candidates = 0;
      for (let digit = 0; digit < 256; digit++) candidates += histogram[digit]!;
      count = wanted = Math.min(k, candidates);
      if (count === 0) return { key: NO_CUT, end: 0, count: 0 };
    }
    let digit = 255;
    for (; histogram[digit]! < wanted; digit--) wanted -= histogram[digit]!;
    sharing = histogram[digit]!;
    digits = (digits | (digit << shift)) >>> 0;
  }
  if (wanted === sharing) return { key: digits, end: size, count };
  let end = 0;
  for (; wanted > 0; end++) if (keys[start + end] === digits) wanted--;
  return { key: digits, end, count };
}

/** Counts the candidates whose digits above `shift` are `digits`, by the digit at `shift`. */
function countDigits(
  keys: Uint32Array,
  { start, size, digits, shift }: { start: number; size: number; digits: number; shift: number },
  { low, high }: { low: number; high: number },
): void {
  histogram.fill(0);
  const known = shift === 24 ? 0 : 0xffffff00 << shift;
  const signed = digits | 0;
  for (let i = start; i < start + size; i++) {
    const key = keys[i]!;
    if ((key & known) === signed && key >= low && key <= high) histogram[(key >>> shift) & 255]!++;
  }
}

/** {@link compactRows} parameters. */
export interface CompactParams {
  readonly rows: number;
  readonly segments: number;
  readonly length: number;
  /** Outputs of an image. */
  readonly outLength: number;
  /** Keys of at least `split` are `upper`'s, those below `lower`'s. */
  readonly split: number;
  /** 1: all keys but 0 are selected, whatever the cuts say. */
  readonly all: number;
}

/** The indices of each row's selected keys, ascending, then −1. */
export function compactRows(
  { keys, table, upper, lower, out, outKeys, counts }: {
    keys: Uint32Array;
    table: Uint32Array;
    upper: Uint32Array;
    lower: Uint32Array;
    out: Int32Array;
    outKeys: Uint32Array;
    counts: Int32Array;
  },
  { rows, segments, length, outLength, split, all }: CompactParams,
): void {
  for (let row = 0; row < rows; row++) {
    const entry = (row % segments) * ENTRY;
    const image = Math.floor(row / segments);
    const start = table[entry]!, size = table[entry + 1]!, k = table[entry + 2]!;
    const from = image * length + start;
    const first = image * outLength + table[entry + 3]!;
    const upperKey = upper[row * 4]!, upperEnd = upper[row * 4 + 1]!;
    const lowerKey = lower[row * 4]!, lowerEnd = lower[row * 4 + 1]!;
    let total = 0, above = 0;
    for (let i = 0; i < size && total < k; i++) {
      const key = keys[from + i]!;
      if (key === 0) continue;
      const isUpper = key >= split;
      const cutKey = isUpper ? upperKey : lowerKey;
      const isTaken = key > cutKey || (key === cutKey && i < (isUpper ? upperEnd : lowerEnd));
      if (!isTaken && all === 0) continue;
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
