/**
 * Scratch memory of the host convolutions. It is kept at module level and reused by every call, since
 * taking megabytes anew each time would cost more than small convolutions do; host code runs to its end
 * before any other starts, so that two calls never share it.
 */
import type { FloatArray } from "../../../core/runtime/mod.ts";

const kept = new Map<string, FloatArray>();

/** An array of at least `size` elements of the type of `like`, holding arbitrary numbers. */
export function scratch(name: string, size: number, like: FloatArray): FloatArray {
  const wide = like instanceof Float64Array;
  const key = wide ? `${name} in float64` : name;
  const known = kept.get(key);
  if (known && known.length >= size) return known;
  const made = wide ? new Float64Array(size) : new Float32Array(size);
  kept.set(key, made);
  return made;
}

/** Runs below this length are copied faster by a loop than by a call. */
const SHORT_RUN = 40;

/** to[toStart + i] = from[fromStart + i] for i < length. */
export function copyRun(
  from: FloatArray,
  fromStart: number,
  to: FloatArray,
  toStart: number,
  length: number,
): void {
  if (length >= SHORT_RUN) to.set(from.subarray(fromStart, fromStart + length), toStart);
  else for (let i = 0; i < length; i++) to[toStart + i] = from[fromStart + i]!;
}
