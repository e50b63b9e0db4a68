/**
 * Numbers that every contestant makes for itself, the same on all sides without being sent: a hash of seed and index,
 * exact in float32. `torch_peer.py` has its twin.
 * @module
 */

/** `size` numbers in [−0.5, 0.5). */
export function hashed(seed: number, size: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(size);
  const base = Math.imul(seed, 0x9e3779b9);
  for (let i = 0; i < size; i++) {
    let h = Math.imul(i ^ base, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca77);
    h ^= h >>> 13;
    values[i] = (h >>> 8) / 2 ** 24 - 0.5;
  }
  return values;
}

/** Seeds of the tensors of a convolution. */
export const SEEDS = { x: 1, weight: 2, dOut: 3 } as const;
