/**
 * Random brightness, contrast, saturation and hue on decoded pixels, with Pillow's arithmetic on
 * bytes and torchvision's `ColorJitter` rules: one factor each, applied in a random order.
 * The original's INPUT.BRIGHTNESS, CONTRAST, SATURATION and HUE (0 in every experiment).
 * @module
 */

import { permutation, uniform } from "./random.ts";
import type { DecodedImage } from "./image.ts";

/** How far each property may move: factors in [max(0, 1 − v), 1 + v], hue by [−v, v] turns. */
export interface JitterRanges {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** At most 0.5. */
  readonly hue: number;
}

/** One change: a factor where 1 changes nothing or, for the hue, a shift where 0 does not. */
export interface JitterStep {
  readonly property: keyof JitterRanges;
  readonly amount: number;
}

const PROPERTIES = ["brightness", "contrast", "saturation", "hue"] as const;

/** The changes that `keys` alone decide, in the order in which to apply them. */
export function drawJitter(ranges: JitterRanges, keys: readonly number[]): JitterStep[] {
  const steps: JitterStep[] = [];
  PROPERTIES.forEach((property, index) => {
    const range = ranges[property];
    if (range <= 0) return;
    const low = property === "hue" ? -range : Math.max(0, 1 - range);
    const high = property === "hue" ? range : 1 + range;
    steps.push({ property, amount: low + (high - low) * uniform([...keys, index]) });
  });
  return Array.from(permutation(steps.length, [...keys, PROPERTIES.length]))
    .flatMap((index) => steps[index] ?? []);
}

/** `image` (RGB u8) after `steps`; its own pixels stay as they are. */
export function applyJitter(image: DecodedImage, steps: readonly JitterStep[]): Uint8Array {
  const pixels = image.pixels.slice();
  for (const { property, amount } of steps) {
    if (property === "hue") shiftHue(pixels, amount);
    else if (property === "brightness") blendFrom(pixels, { factor: amount, base: () => 0 });
    else if (property === "contrast") {
      const mean = meanLuma(pixels);
      blendFrom(pixels, { factor: amount, base: () => mean });
    } else blendFrom(pixels, { factor: amount, base: (at) => luma(pixels, at) });
  }
  return pixels;
}

/** Pillow's `Image.blend(base, image, factor)` in f32, one base value per pixel. */
function blendFrom(
  pixels: Uint8Array,
  options: { factor: number; base: (at: number) => number },
): void {
  const factor = Math.fround(options.factor);
  for (let at = 0; at < pixels.length; at += 3) {
    const base = options.base(at);
    for (let c = at; c < at + 3; c++) {
      const blended = Math.fround(base + Math.fround(factor * ((pixels[c] ?? 0) - base)));
      pixels[c] = Math.min(Math.max(Math.trunc(blended), 0), 255);
    }
  }
}

/** ITU-R 601 luma in Pillow's fixed point. */
function luma(pixels: Uint8Array, at: number): number {
  const [r, g, b] = rgbAt(pixels, at);
  return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

function meanLuma(pixels: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < pixels.length; at += 3) sum += luma(pixels, at);
  return Math.trunc(sum / (pixels.length / 3) + 0.5);
}

function rgbAt(pixels: Uint8Array, at: number): [number, number, number] {
  return [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
}

/** Turns the hue by `turns`, in Pillow's 8-bit HSV (hue in 256 steps that wrap around). */
function shiftHue(pixels: Uint8Array, turns: number): void {
  const shift = Math.trunc(turns * 255);
  for (let at = 0; at < pixels.length; at += 3) {
    const [h, s, v] = toHsv(rgbAt(pixels, at));
    pixels.set(toRgb([(h + shift) & 255, s, v]), at);
  }
}

/** Pillow's `rgb2hsv_row`. */
function toHsv([r, g, b]: [number, number, number]): [number, number, number] {
  const max = Math.max(r, g, b);
  const range = max - Math.min(r, g, b);
  if (range === 0) return [0, 0, max];
  const fround = Math.fround;
  const [rc, gc, bc] = [
    fround((max - r) / range),
    fround((max - g) / range),
    fround(
      (max - b) / range,
    ),
  ];
  let hue = fround(4 + gc - rc);
  if (r === max) hue = fround(bc - gc);
  else if (g === max) hue = fround(2 + rc - bc);
  const turn = fround((hue / 6 + 1) % 1);
  return [Math.trunc(turn * 255), Math.trunc(fround(range / max) * 255), max];
}

/** Pillow's `hsv2rgb`. */
function toRgb([h, s, v]: [number, number, number]): [number, number, number] {
  if (s === 0) return [v, v, v];
  const fround = Math.fround;
  const sector = Math.floor((h * 6) / 255);
  const rest = fround((h * 6) / 255 - sector);
  const saturation = fround(s / 255);
  const p = Math.round(v * (1 - saturation));
  const q = Math.round(v * (1 - saturation * rest));
  const t = Math.round(v * (1 - saturation * (1 - rest)));
  switch (sector % 6) {
    case 0:
      return [v, t, p];
    case 1:
      return [q, v, p];
    case 2:
      return [p, v, t];
    case 3:
      return [p, q, v];
    case 4:
      return [t, p, v];
    default:
      return [v, p, q];
  }
}
