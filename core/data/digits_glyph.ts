/**
 * A handwritten digit of MNIST at another size and angle, as coverage per pixel.
 * @module
 */

import type { Size } from "./geometry.ts";
import { lerp, smoothstep } from "./interpolate.ts";
import { MNIST_SIDE } from "./mnist.ts";
import type { RandomStream } from "./random.ts";

/** Digits' longer sides in pixels. */
export const SIZES = { least: 12, usualLeast: 24, usualMost: 72, most: 96 };
/** Share of digits below, and above, the usual sizes. */
const TAIL = 0.06;
/** A pixel is ink from this coverage on. */
export const INK = 0.35;

/** A digit rotated and scaled, not placed yet: coverage 0..1, `[height, width]`. */
export interface Glyph extends Size {
  readonly digit: number;
  readonly coverage: Float32Array;
}

/** A digit's ink turned and scaled a little at random, cut to what is ink. */
export function drawGlyph(
  ink: Uint8Array,
  options: { digit: number; random: RandomStream },
): Glyph {
  const { digit, random } = options;
  const side = digitSize(random);
  const angle = random.between(-0.2, 0.2);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const stretch = Math.exp(random.between(-0.15, 0.15));
  // MNIST fits every digit's longer side into 20 of the 28 pixels.
  const scale = 20 / side;
  const extent = Math.ceil(side * 1.6);
  const field = new Float32Array(extent * extent);
  const middle = (extent - 1) / 2;
  // Enlarged ink would be all blur; a steeper ramp gives it an edge of a pixel or so.
  const softness = Math.min(0.45, 0.45 * scale + 0.1);
  for (let i = 0; i < field.length; i++) {
    const dx = (i % extent - middle) * scale * stretch;
    const dy = (Math.floor(i / extent) - middle) * scale;
    const u = (MNIST_SIDE - 1) / 2 + cos * dx + sin * dy;
    const v = (MNIST_SIDE - 1) / 2 - sin * dx + cos * dy;
    field[i] = smoothstep(0.5 - softness, 0.5 + softness, sample(ink, u, v) / 255);
  }
  return cut(field, { extent, digit });
}

function digitSize(random: RandomStream): number {
  const kind = random.next();
  const size = (low: number, high: number) => low * (high / low) ** random.next();
  if (kind < TAIL) return size(SIZES.least, SIZES.usualLeast);
  if (kind < 2 * TAIL) return size(SIZES.usualMost, SIZES.most);
  return size(SIZES.usualLeast, SIZES.usualMost);
}

/** Bilinear sample of a 28×28 image; 0 outside. */
function sample(ink: Uint8Array, u: number, v: number): number {
  const x = Math.floor(u);
  const y = Math.floor(v);
  if (x < 0 || y < 0 || x >= MNIST_SIDE - 1 || y >= MNIST_SIDE - 1) return 0;
  const at = y * MNIST_SIDE + x;
  const top = lerp(ink[at] ?? 0, ink[at + 1] ?? 0, u - x);
  const bottom = lerp(ink[at + MNIST_SIDE] ?? 0, ink[at + MNIST_SIDE + 1] ?? 0, u - x);
  return lerp(top, bottom, v - y);
}

/** The part of a square field that holds ink. */
function cut(field: Float32Array, options: { extent: number; digit: number }): Glyph {
  const { extent, digit } = options;
  const box = boundsOf(field.length, { width: extent, isInside: (i) => (field[i] ?? 0) >= INK });
  const { x, y, width, height } = box;
  const coverage = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * extent + x;
    coverage.set(field.subarray(from, from + width), row * width);
  }
  return { width, height, digit, coverage };
}

/** The smallest rectangle around all indices of a row-major image that are inside; 0×0 if none. */
export function boundsOf(
  count: number,
  options: { width: number; isInside: (index: number) => boolean },
): Size & { x: number; y: number; area: number } {
  let [left, top, right, bottom, area] = [Infinity, Infinity, -1, -1, 0];
  for (let i = 0; i < count; i++) {
    if (!options.isInside(i)) continue;
    const x = i % options.width;
    const y = Math.floor(i / options.width);
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
    area++;
  }
  if (area === 0) return { x: 0, y: 0, width: 0, height: 0, area };
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1, area };
}
