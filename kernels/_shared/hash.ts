/**
 * A counter-based random number: 32 bits that depend on (seed, iteration, stream, image, index) alone, so
 * that every device draws the same samples in any order of execution. `hash.wgsl` is the same arithmetic.
 * @module
 */

/** What separates one sequence of random numbers from another; each is taken modulo 2³². */
export interface HashKey {
  /** The run's seed. */
  readonly seed: number;
  /** The training iteration. */
  readonly iteration: number;
  /** Who draws: two samplers of one step have different streams. */
  readonly stream: number;
  /** The image of the batch. */
  readonly image: number;
}

/** The fractional part of the golden ratio in 32 bits: keeps zeros from hashing to zero. */
const GOLDEN = 0x9e3779b9;

/**
 * Mixes 32 bits so that each input bit changes each output bit about half of the time; one to one.
 * Multipliers and shifts: "lowbias32" of Chris Wellons' hash-prospector (2018), public domain.
 */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** The part of the hash that all indices of one image share. @returns u32 */
export function hashPrefix({ seed, iteration, stream, image }: HashKey): number {
  let state = mix((seed ^ GOLDEN) >>> 0);
  state = mix(((state + GOLDEN) >>> 0) ^ iteration);
  state = mix(((state + GOLDEN) >>> 0) ^ stream);
  return mix(((state + GOLDEN) >>> 0) ^ image);
}

/** The hash of `index` below `prefix`: different indices (modulo 2³²) give different numbers. @returns u32 */
export function hashAt(prefix: number, index: number): number {
  return mix((mix((index ^ prefix) >>> 0) + prefix) >>> 0);
}
