/**
 * Randomness without hidden state: every draw is a pure function of whole-number keys such as
 * (seed, iteration, position). A resumed run therefore draws what the unbroken run would have
 * drawn, without any generator's state in the checkpoint, and workers need not agree on an order.
 * @module
 */

/** What a draw is for: the first key after the seed, so that no two uses share their numbers. */
export const STREAM = {
  order: 1,
  scale: 2,
  flipHorizontal: 3,
  flipVertical: 4,
  jitter: 5,
  digits: 6,
} as const;

const GOLDEN = 0x9e3779b9;

/** A bijection of 32-bit integers whose output bits look independent ("lowbias32", C. Wellons). */
function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/**
 * Hash of `keys` (integers; their low 32 bits count), uniform over 0 … 2³² − 1.
 * The keys are folded one by one, so their order matters.
 */
export function hash32(keys: readonly number[]): number {
  let h = GOLDEN;
  for (const key of keys) h = fold(h, key);
  return h;
}

/** The hash of some keys and one more. */
function fold(hash: number, key: number): number {
  return mix(((hash ^ key) + GOLDEN) | 0);
}

/** A number in [0, 1) that depends on `keys` alone. */
export function uniform(keys: readonly number[]): number {
  return hash32(keys) / 2 ** 32;
}

/** `0 … count − 1` in an order that depends on `keys` alone (Fisher–Yates). */
export function permutation(count: number, keys: readonly number[]): Int32Array {
  const random = new RandomStream(keys);
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

/**
 * A sequence of draws below one set of keys, for code that makes many of them in a fixed order.
 * The n-th draw is `uniform([...keys, n])`.
 */
export class RandomStream {
  readonly #base: number;
  #count = 0;

  constructor(keys: readonly number[]) {
    this.#base = hash32(keys);
  }

  /** The next number in [0, 1). */
  next(): number {
    return fold(this.#base, this.#count++) / 2 ** 32;
  }

  /** The next integer in 0 … `bound` − 1; `bound` is at least 1. */
  int(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** The next number in [`low`, `high`). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
}
