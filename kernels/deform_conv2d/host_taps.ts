/** Where the taps of a deformable convolution read, and the loops over the channels that they read. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import type { DeformGeometry } from "./geometry.ts";

/**
 * A placed tap: four corners of the input with their bilinear weights, which are 0 for corners outside (their index
 * then is one inside, so that the loops need no test).
 */
export interface Tap {
  /** False where it reads nothing; all but mask, offset and run are arbitrary then. */
  readonly isInside: boolean;
  /** Indices of the corners' first channels. */
  readonly topLeft: number;
  readonly topRight: number;
  readonly bottomLeft: number;
  readonly bottomRight: number;
  /** 1 for corners inside of the input, else 0. */
  readonly hasTop: number;
  readonly hasBottom: number;
  readonly hasLeft: number;
  readonly hasRight: number;
  /** Mask times bilinear weight of each corner. */
  readonly weightTopLeft: number;
  readonly weightTopRight: number;
  readonly weightBottomLeft: number;
  readonly weightBottomRight: number;
  /** Bilinear weights of the two rows and columns: 1 − the position's fractional part, and that part. */
  readonly lowY: number;
  readonly lowX: number;
  readonly highY: number;
  readonly highX: number;
  readonly mask: number;
  /** Index of its (dy, dx) in the offsets, and of its mask's logit: −1 without modulation. */
  readonly offset: number;
  readonly maskOffset: number;
  /** Channels of a run. */
  readonly run: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Called for each run of channels of a tap: its first column, and its first channel in the input. */
export type Visit = (tap: Tap, at: number, channel: number) => void;

/** Walks over taps in the order of the columns. The tap that it shows is one object, changed each time. */
export class TapPlacer {
  readonly geometry: DeformGeometry;
  readonly #offsets: FloatArray;
  readonly #tap: Writable<Tap> = {
    isInside: false,
    topLeft: 0,
    topRight: 0,
    bottomLeft: 0,
    bottomRight: 0,
    hasTop: 0,
    hasBottom: 0,
    hasLeft: 0,
    hasRight: 0,
    weightTopLeft: 0,
    weightTopRight: 0,
    weightBottomLeft: 0,
    weightBottomRight: 0,
    lowY: 0,
    lowX: 0,
    highY: 0,
    highX: 0,
    mask: 1,
    offset: 0,
    maskOffset: -1,
    run: 0,
  };

  constructor(offsets: FloatArray, geometry: DeformGeometry) {
    this.#offsets = offsets;
    this.geometry = geometry;
    this.#tap.run = geometry.run;
  }

  /** Visits all taps and runs of `count` output pixels from `first` on; columns are counted from the first pixel. */
  forEach({ first, count }: { first: number; count: number }, visit: Visit): void {
    const { taps, c, deformGroups, groups, run } = this.geometry;
    const perDeformGroup = c / deformGroups, perGroup = c / groups;
    for (let pixel = first; pixel < first + count; pixel++) {
      const row = (pixel - first) * taps * c;
      for (let group = 0; group < deformGroups; group++) {
        for (let tap = 0; tap < taps; tap++) {
          this.#place(pixel, group, tap);
          const end = (group + 1) * perDeformGroup;
          for (let channel = group * perDeformGroup; channel < end; channel += run) {
            const within = channel % perGroup;
            visit(this.#tap, row + (channel - within) * taps + tap * perGroup + within, channel);
          }
        }
      }
    }
  }

  #place(pixel: number, group: number, index: number): void {
    const { ho, wo, h, w, taps, deformGroups, offsetChannels, modulated, kw } = this.geometry;
    const { stride, padding, dilation } = this.geometry;
    const tap = this.#tap, offsets = this.#offsets;
    const start = pixel * offsetChannels, within = group * taps + index;
    tap.offset = start + 2 * within;
    if (modulated) {
      tap.maskOffset = start + 2 * deformGroups * taps + within;
      tap.mask = 1 / (1 + Math.exp(-offsets[tap.maskOffset]!));
    }
    const y = Math.floor(pixel / wo) % ho * stride - padding + Math.floor(index / kw) * dilation +
      offsets[tap.offset]!;
    const x = pixel % wo * stride - padding + index % kw * dilation + offsets[tap.offset + 1]!;
    tap.isInside = y > -1 && x > -1 && y < h && x < w;
    if (tap.isInside) this.#findCorners(Math.floor(pixel / (ho * wo)), y, x);
  }

  #findCorners(image: number, y: number, x: number): void {
    const { h, w, c } = this.geometry;
    const tap = this.#tap;
    const top = Math.floor(y), left = Math.floor(x);
    tap.highY = y - top;
    tap.highX = x - left;
    tap.lowY = 1 - tap.highY;
    tap.lowX = 1 - tap.highX;
    tap.hasTop = top >= 0 ? 1 : 0;
    tap.hasBottom = top + 1 < h ? 1 : 0;
    tap.hasLeft = left >= 0 ? 1 : 0;
    tap.hasRight = left + 1 < w ? 1 : 0;
    const upper = (image * h + Math.max(0, top)) * w,
      lower = (image * h + Math.min(h - 1, top + 1)) * w;
    const first = Math.max(0, left), second = Math.min(w - 1, left + 1);
    tap.topLeft = (upper + first) * c;
    tap.topRight = (upper + second) * c;
    tap.bottomLeft = (lower + first) * c;
    tap.bottomRight = (lower + second) * c;
    this.#weigh();
  }

  #weigh(): void {
    const tap = this.#tap;
    tap.weightTopLeft = tap.mask * tap.lowY * tap.lowX * tap.hasTop * tap.hasLeft;
    tap.weightTopRight = tap.mask * tap.lowY * tap.highX * tap.hasTop * tap.hasRight;
    tap.weightBottomLeft = tap.mask * tap.highY * tap.lowX * tap.hasBottom * tap.hasLeft;
    tap.weightBottomRight = tap.mask * tap.highY * tap.highX * tap.hasBottom * tap.hasRight;
  }
}

/** A run: its first column, and its first channel. */
interface Run {
  readonly at: number;
  readonly channel: number;
}

/** columns = mask · the bilinear value, for the channels of a run. */
export function gatherCorners(
  { input, columns }: { input: FloatArray; columns: FloatArray },
  tap: Tap,
  { at, channel }: Run,
): void {
  const a = tap.topLeft + channel, b = tap.topRight + channel;
  const c = tap.bottomLeft + channel, d = tap.bottomRight + channel;
  const { weightTopLeft, weightTopRight, weightBottomLeft, weightBottomRight, run } = tap;
  for (let i = 0; i < run; i++) {
    columns[at + i] = weightTopLeft * input[a + i]! + weightTopRight * input[b + i]! +
      weightBottomLeft * input[c + i]! + weightBottomRight * input[d + i]!;
  }
}

/** dInput += weight · the columns' gradient at each corner, for the channels of a run. */
export function addCorners(
  { columns, dInput }: { columns: FloatArray; dInput: FloatArray },
  tap: Tap,
  { at, channel }: Run,
): void {
  const a = tap.topLeft + channel, b = tap.topRight + channel;
  const c = tap.bottomLeft + channel, d = tap.bottomRight + channel;
  const { weightTopLeft, weightTopRight, weightBottomLeft, weightBottomRight, run } = tap;
  for (let i = 0; i < run; i++) {
    const gradient = columns[at + i]!;
    dInput[a + i]! += weightTopLeft * gradient;
    dInput[b + i]! += weightTopRight * gradient;
    dInput[c + i]! += weightBottomLeft * gradient;
    dInput[d + i]! += weightBottomRight * gradient;
  }
}

/** Sums over the channels of a run of the columns' gradient times each corner's value; 0 for corners outside. */
export function cornerSums(
  { input, columns }: { input: FloatArray; columns: FloatArray },
  tap: Tap,
  { at, channel }: Run,
): { topLeft: number; topRight: number; bottomLeft: number; bottomRight: number } {
  const a = tap.topLeft + channel, b = tap.topRight + channel;
  const c = tap.bottomLeft + channel, d = tap.bottomRight + channel;
  let topLeft = 0, topRight = 0, bottomLeft = 0, bottomRight = 0;
  for (let i = 0; i < tap.run; i++) {
    const gradient = columns[at + i]!;
    topLeft += gradient * input[a + i]!;
    topRight += gradient * input[b + i]!;
    bottomLeft += gradient * input[c + i]!;
    bottomRight += gradient * input[d + i]!;
  }
  const { hasTop, hasBottom, hasLeft, hasRight } = tap;
  return {
    topLeft: topLeft * hasTop * hasLeft,
    topRight: topRight * hasTop * hasRight,
    bottomLeft: bottomLeft * hasBottom * hasLeft,
    bottomRight: bottomRight * hasBottom * hasRight,
  };
}
