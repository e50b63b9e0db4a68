/** Initial weights, a pure function of seed and name, so that they do not depend on order or device. */
import { type Shape, sizeOf } from "../runtime/mod.ts";

/** Makes a tensor's initial numbers in canonical order. */
export type Initial = (shape: Shape, random: Random) => Float32Array<ArrayBuffer>;

/** Independent uniform numbers in [0, 1). */
export type Random = () => number;

/** All numbers the same. */
export function constant(value: number): Initial {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Normal with mean 0 (Box–Muller). */
export function normal(deviation: number): Initial {
  return (shape, random) =>
    filled(
      shape,
      () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
    );
}

/** Uniform from −bound to bound. */
export function uniform(bound: number): Initial {
  return (shape, random) => filled(shape, () => (2 * random() - 1) * bound);
}

/** A plain loop: with `Float32Array.from`, R-50's 44 million numbers take several times as long. */
function filled(shape: Shape, next: () => number): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(sizeOf(shape));
  for (let i = 0; i < numbers.length; i++) numbers[i] = next();
  return numbers;
}

/**
 * Kaiming uniform with a = 1 over the fan-in, as `torch.nn.init.kaiming_uniform_(w, a=1)`: bound √(3 / fan_in)
 * with fan_in the product of all extents but the first.
 */
export function kaimingUniform(): Initial {
  return (shape, random) => {
    const fanIn = Math.max(1, sizeOf(shape.slice(1)));
    return uniform(Math.sqrt(3 / fanIn))(shape, random);
  };
}

/** A stream of random numbers for one tensor: mulberry32 started from FNV-1a of seed and name. */
export function streamOf(seed: number, name: string): Random {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) {
    state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
