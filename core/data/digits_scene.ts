/**
 * One scene of the digits data set: handwritten digits of many sizes, touching and overlapping, on
 * a textured grey background. Pure arithmetic on a {@link RandomStream}; no files.
 * @module
 */

import { boundsOf, drawGlyph, type Glyph, INK, SIZES } from "./digits_glyph.ts";
import { addGrain, drawPaper } from "./digits_paper.ts";
import type { Size } from "./geometry.ts";
import { lerp } from "./interpolate.ts";
import { MNIST_SIDE, type MnistDigits } from "./mnist.ts";
import type { RandomStream } from "./random.ts";

/** One digit of a scene: `bbox` `[x, y, w, h]` is tight around the ink that can be seen. */
export interface PlacedDigit {
  readonly digit: number;
  readonly bbox: [number, number, number, number];
  /** Pixels of visible ink. */
  readonly area: number;
}

/** A scene: grey values, `[height, width]`, u8. */
export interface Scene extends Size {
  readonly pixels: Uint8Array;
  readonly digits: readonly PlacedDigit[];
}

const COUNT = { least: 2, most: 6 };
/** Tries at finding room for one digit before going on without it. */
const TRIES = 12;
/** Of a digit's ink, how much later digits may cover in all. */
const MAX_COVERED = 0.12;
/**
 * Of the smaller of two boxes, how much may lie in the other: digits touch and overlap, but do not sit
 * within each other, where no box would say which is meant.
 */
const MAX_SHARED = 0.3;
/** Greys of paper and ink: light on dark, as chalk on slate, so that minutes are enough to learn it. */
const GREY = { paper: [35, 125], ink: [130, 255] } as const;
/** A box's least side in pixels: a one drawn thinner than that is no digit any more. */
const LEAST_EXTENT = 3;
/** Least difference in grey between ink and paper, and between inks that touch. */
const CONTRAST = { paper: 70, ink: 30 };

/** A glyph at its place, with its grey. */
interface Stroke extends Glyph {
  readonly x: number;
  readonly y: number;
  readonly shade: number;
  /** Pixels of ink when nothing covers it. */
  readonly area: number;
}

/** Draws a scene that `random` alone decides, from the digits given. */
export function drawScene(digits: MnistDigits, random: RandomStream): Scene {
  const size = sceneSize(random);
  const paper = random.between(...GREY.paper);
  const pixels = drawPaper(size, { paper, random });
  // Who owns each pixel: index of the stroke that lies on top there, or -1.
  const owners = new Int16Array(size.width * size.height).fill(-1);
  const strokes: Stroke[] = [];
  const wanted = COUNT.least + random.int(COUNT.most - COUNT.least + 1);
  for (let n = 0; n < wanted; n++) {
    const stroke = placeDigit({ digits, random, size, owners, strokes, paper });
    if (!stroke) continue;
    own(stroke, { size, owners, index: strokes.length });
    paint(stroke, { size, pixels });
    strokes.push(stroke);
  }
  return {
    ...size,
    pixels: addGrain(pixels, random),
    digits: visibleDigits(strokes, size, owners),
  };
}

/** Mostly 128×128, so that a batch has no padding; some wide ones and a few tall ones. */
function sceneSize(random: RandomStream): Size {
  const kind = random.next();
  const long = 144 + 16 * random.int(4);
  if (kind < 0.06) return { width: long, height: 128 };
  return { width: 128, height: kind < 0.08 ? long : 128 };
}

interface Placing {
  digits: MnistDigits;
  random: RandomStream;
  size: Size;
  owners: Int16Array;
  strokes: readonly Stroke[];
  paper: number;
}

/** A digit at a place where it hides little of the others, or null where no such place is found. */
function placeDigit(scene: Placing): Stroke | null {
  const { digits, random, size } = scene;
  const index = random.int(digits.count);
  const ink = digits.ink.subarray(index * MNIST_SIDE ** 2, (index + 1) * MNIST_SIDE ** 2);
  const glyph = drawGlyph(ink, { digit: digits.labels[index] ?? 0, random });
  const long = Math.max(glyph.width, glyph.height);
  if (long < SIZES.least || long > SIZES.most) return null;
  if (Math.min(glyph.width, glyph.height) < LEAST_EXTENT) return null;
  const area = glyph.coverage.reduce((sum, value) => value >= INK ? sum + 1 : sum, 0);
  const visible = visibleInk(scene);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const x = random.int(size.width - glyph.width + 1);
    const y = random.int(size.height - glyph.height + 1);
    const place = { ...glyph, x, y };
    const under = coveredBy(place, { ...scene, visible });
    if (!under || scene.strokes.some((other) => sharedPart(place, other) > MAX_SHARED)) continue;
    const shade = inkShade(scene, under);
    if (shade !== null) return { ...glyph, x, y, shade, area };
  }
  return null;
}

/** The part of the smaller box that lies in the other. */
function sharedPart(
  a: Size & { x: number; y: number },
  b: Size & { x: number; y: number },
): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const smaller = Math.min(a.width * a.height, b.width * b.height);
  return Math.max(0, across) * Math.max(0, down) / smaller;
}

/** Pixels of ink that can be seen of each stroke. */
function visibleInk({ owners, strokes }: Placing): number[] {
  const visible = new Array<number>(strokes.length).fill(0);
  for (const owner of owners) if (owner >= 0) visible[owner] = (visible[owner] ?? 0) + 1;
  return visible;
}

/** The strokes that a glyph at (x, y) would lie on; null where it would hide too much of one. */
function coveredBy(
  glyph: Glyph & { x: number; y: number },
  scene: Placing & { visible: readonly number[] },
): Stroke[] | null {
  const { owners, size, strokes, visible } = scene;
  const hidden = new Array<number>(strokes.length).fill(0);
  const touched = new Set<number>();
  for (let i = 0; i < glyph.coverage.length; i++) {
    const at = (glyph.y + Math.floor(i / glyph.width)) * size.width + glyph.x + i % glyph.width;
    const owner = owners[at] ?? -1;
    if (owner < 0) continue;
    touched.add(owner);
    if ((glyph.coverage[i] ?? 0) >= INK) hidden[owner] = (hidden[owner] ?? 0) + 1;
  }
  const tooMuch = strokes.some((stroke, i) =>
    stroke.area - (visible[i] ?? 0) + (hidden[i] ?? 0) > MAX_COVERED * stroke.area
  );
  return tooMuch ? null : strokes.filter((_, i) => touched.has(i));
}

/** A grey unlike the paper's and unlike those of the strokes below; null where there is none. */
function inkShade(scene: Placing, under: readonly Stroke[]): number | null {
  const { paper, random } = scene;
  const [darkest, lightest] = GREY.ink;
  const shade = darkest + random.int(lightest - darkest + 1);
  if (shade - paper < CONTRAST.paper) return null;
  return under.every((other) => Math.abs(other.shade - shade) >= CONTRAST.ink) ? shade : null;
}

function own(
  stroke: Stroke,
  scene: { size: Size; owners: Int16Array; index: number },
): void {
  for (let i = 0; i < stroke.coverage.length; i++) {
    if ((stroke.coverage[i] ?? 0) >= INK) {
      scene.owners[placeOf(stroke, i, scene.size.width)] = scene.index;
    }
  }
}

function paint(stroke: Stroke, scene: { size: Size; pixels: Float32Array }): void {
  for (let i = 0; i < stroke.coverage.length; i++) {
    const at = placeOf(stroke, i, scene.size.width);
    scene.pixels[at] = lerp(scene.pixels[at] ?? 0, stroke.shade, stroke.coverage[i] ?? 0);
  }
}

/** Index in the scene of a stroke's i-th value. */
function placeOf(stroke: Stroke, i: number, sceneWidth: number): number {
  return (stroke.y + Math.floor(i / stroke.width)) * sceneWidth + stroke.x + i % stroke.width;
}

function visibleDigits(
  strokes: readonly Stroke[],
  size: Size,
  owners: Int16Array,
): PlacedDigit[] {
  return strokes.flatMap((stroke, index) => {
    const isInside = (i: number) => owners[placeOf(stroke, i, size.width)] === index;
    const count = stroke.coverage.length;
    const { x, y, width, height, area } = boundsOf(count, { width: stroke.width, isInside });
    if (area === 0) return [];
    return [{ digit: stroke.digit, bbox: [stroke.x + x, stroke.y + y, width, height], area }];
  });
}
