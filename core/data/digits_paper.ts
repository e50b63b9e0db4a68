/**
 * The backgrounds of the digits' scenes: grey paper with texture.
 * @module
 */

import type { Size } from "./geometry.ts";
import { lerp, smoothstep } from "./interpolate.ts";
import type { RandomStream } from "./random.ts";

/** Paper: a gradient, two layers of smooth blotches, and stripes, around a mean grey. */
export function drawPaper(
  size: Size,
  options: { paper: number; random: RandomStream },
): Float32Array {
  const { paper, random } = options;
  const slope = [random.between(-20, 20) / size.width, random.between(-20, 20) / size.height];
  const coarse = blotches(size, { cell: 32, strength: 14, random });
  const fine = blotches(size, { cell: 8, strength: random.between(3, 10), random });
  const turn = random.between(0, Math.PI);
  const pitch = random.between(0.2, 0.7);
  const stripes = random.next() < 0.4 ? random.between(3, 8) : 0;
  const [waveX, waveY] = [Math.cos(turn) * pitch, Math.sin(turn) * pitch];
  const out = new Float32Array(size.width * size.height);
  for (let y = 0, i = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, i++) {
      const tilt = (x - size.width / 2) * (slope[0] ?? 0) + (y - size.height / 2) * (slope[1] ?? 0);
      const wave = stripes === 0 ? 0 : stripes * Math.sin(waveX * x + waveY * y);
      out[i] = paper + tilt + wave + (coarse[i] ?? 0) + (fine[i] ?? 0);
    }
  }
  return out;
}

/** Value noise: random values at the corners of cells, smooth in between. */
function blotches(
  size: Size,
  options: { cell: number; strength: number; random: RandomStream },
): Float32Array {
  const { cell, strength, random } = options;
  const columns = Math.ceil(size.width / cell) + 1;
  const rows = Math.ceil(size.height / cell) + 1;
  const corners = Float32Array.from(
    { length: columns * rows },
    () => random.between(-strength, strength),
  );
  // The weights repeat with every cell.
  const weights = Float32Array.from({ length: cell }, (_, i) => smoothstep(0, 1, i / cell));
  const out = new Float32Array(size.width * size.height);
  for (let y = 0, i = 0; y < size.height; y++) {
    const row = Math.floor(y / cell) * columns;
    for (let x = 0; x < size.width; x++, i++) {
      const at = row + Math.floor(x / cell);
      const t = weights[x % cell] ?? 0;
      const above = lerp(corners[at] ?? 0, corners[at + 1] ?? 0, t);
      const below = lerp(corners[at + columns] ?? 0, corners[at + columns + 1] ?? 0, t);
      out[i] = lerp(above, below, weights[y % cell] ?? 0);
    }
  }
  return out;
}

/** Adds the grain of a camera and rounds to bytes. */
export function addGrain(pixels: Float32Array, random: RandomStream): Uint8Array {
  const grain = random.between(2, 8);
  // The sum of two uniform numbers has the shape of grain at a fraction of a Gaussian's cost.
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < bytes.length; i++) {
    const noise = grain * (random.next() + random.next() - 1) * 1.7;
    bytes[i] = Math.min(Math.max(Math.round((pixels[i] ?? 0) + noise), 0), 255);
  }
  return bytes;
}
