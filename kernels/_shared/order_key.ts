/**
 * Unsigned integers that sort as floats do, so that selecting numbers is integer work and the same on all
 * devices. `order_key.wgsl` is the same arithmetic.
 * @module
 */

/** The key of NaN: above {@link NO_KEY}, below every number's. */
export const NAN_KEY = 1;

/** What is not to be selected at all. */
export const NO_KEY = 0;

const bits = new Uint32Array(1);
const floatOfBits = new Float32Array(bits.buffer);

/**
 * The key of float32 bits: u32 ≥ 1, larger for the better number; equal numbers (−0 and 0 too) have equal keys.
 * The better number is the larger, or the smaller where `ascending`; NaN is the worst either way.
 */
export function orderKey(floatBits: number, ascending: boolean): number {
  const magnitude = floatBits & 0x7fffffff;
  if (magnitude > 0x7f800000) return NAN_KEY;
  const key = magnitude === 0
    ? 0x80000000
    : floatBits >>> 31
    ? ~floatBits >>> 0
    : (floatBits | 0x80000000) >>> 0;
  return ascending ? ~key >>> 0 : key;
}

/** The number whose {@link orderKey} is `key`. */
export function numberOfKey(key: number, ascending: boolean): number {
  if (key <= NAN_KEY) return NaN;
  const plain = ascending ? ~key >>> 0 : key;
  bits[0] = plain >>> 31 ? plain & 0x7fffffff : ~plain;
  return floatOfBits[0]!;
}
