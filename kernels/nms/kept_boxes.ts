/** The boxes that greedy NMS has kept of one segment, found again by where their first corner lies. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** float32 rounding of every step, so that a float64 reference decides as the devices do. */
const f32 = Math.fround;

/** Numbers of a box: its corners, its area, and its sides with {@link SLACK}. */
const BOX = 7;

/** Cells along each side of the grid at most. */
const MOST_CELLS = 128;

/** Far more, of a side, than what rounding changes about it. */
const SLACK = 1e-4;

/** From here on areas and products with them are rounded to relative precision, being no subnormal numbers. */
const SMALLEST_AREA = 1e-30;

/** Cells along one axis: of first corners from `start` on, `scale` cells a pixel. */
interface Axis {
  start: number;
  scale: number;
  /** The longest side of any box. */
  longest: number;
}

/**
 * A grid of lists. Of boxes whose IoU is above the threshold t, neither can be longer than 1 / t times the other along
 * either axis, nor begin after more than 1 − t of the other: only cells within that reach are searched.
 */
export class KeptBoxes {
  readonly #limit: number;
  readonly #offset: number;
  /** {@link BOX} of each, and behind them those of the box in question. */
  readonly #boxes: Float32Array;
  /** The number of the latest box in each cell, −1 where there is none. */
  readonly #heads: Int32Array;
  /** By a box's number, that of the one before it in its cell. */
  readonly #before: Int32Array;
  readonly #x: Axis = { start: 0, scale: 0, longest: 0 };
  readonly #y: Axis = { start: 0, scale: 0, longest: 0 };
  #cells = 1;
  #count = 0;

  /**
   * @param capacity boxes of a segment at most
   * @param options.threshold IoU above which a box suppresses another, a float32
   * @param options.offset sides are x2 − x1 + offset
   */
  constructor(
    capacity: number,
    { threshold, offset }: { readonly threshold: number; readonly offset: number },
  ) {
    this.#limit = f32(threshold);
    this.#offset = offset;
    this.#boxes = new Float32Array((capacity + 1) * BOX);
    this.#heads = new Int32Array(cellsFor(capacity) ** 2);
    this.#before = new Int32Array(capacity);
  }

  /** Forgets all boxes; those that {@link admit} gets from now on are boxes[first..end). */
  start(boxes: FloatArray, first: number, end: number): void {
    this.#count = 0;
    this.#cells = cellsFor(end - first);
    this.#heads.fill(-1, 0, this.#cells ** 2);
    for (const [corner, axis] of [this.#x, this.#y].entries()) {
      let least = Infinity, most = -Infinity, longest = 0;
      for (let at = first * 4 + corner; at < end * 4; at += 4) {
        const from = boxes[at]!, side = boxes[at + 2]! - from + this.#offset;
        if (from < least) least = from;
        if (from > most) most = from;
        if (side > longest) longest = side;
      }
      axis.start = least;
      axis.scale = this.#cells / (most - least);
      axis.longest = longest;
    }
  }

  /** Keeps the box at boxes[from..from + 4) unless one kept before it overlaps it too much; whether it does. */
  admit(boxes: FloatArray, from: number): boolean {
    const kept = this.#boxes, number = this.#count, at = number * BOX;
    const x1 = kept[at] = boxes[from]!, y1 = kept[at + 1] = boxes[from + 1]!;
    kept[at + 2] = boxes[from + 2]!;
    kept[at + 3] = boxes[from + 3]!;
    const width = f32(f32(kept[at + 2]! - kept[at]!) + this.#offset);
    const height = f32(f32(kept[at + 3]! - kept[at + 1]!) + this.#offset);
    kept[at + 4] = f32(width * height);
    kept[at + 5] = width + SLACK * (width + this.#offset);
    kept[at + 6] = height + SLACK * (height + this.#offset);
    if (width > 0 && height > 0) { // what has no extent meets no other
      if (this.#isSuppressed(at, width, height)) return false;
      const cell = this.#cell(this.#x, x1) + this.#cells * this.#cell(this.#y, y1);
      this.#before[number] = this.#heads[cell]!;
      this.#heads[cell] = number;
    }
    this.#count++;
    return true;
  }

  /** Whether a kept box near the one at `at` overlaps it too much. */
  #isSuppressed(at: number, width: number, height: number): boolean {
    const kept = this.#boxes, heads = this.#heads, before = this.#before, cells = this.#cells;
    const limit = this.#limit, offset = this.#offset;
    let left = 0, right = cells - 1, top = 0, bottom = cells - 1;
    let share = 0;
    if (kept[at + 4]! >= SMALLEST_AREA) {
      share = 4 * (1 - SLACK) * limit / (1 + limit);
      left = this.#firstCell(this.#x, kept[at]!, width);
      right = this.#lastCell(this.#x, kept[at]!, width);
      top = this.#firstCell(this.#y, kept[at + 1]!, height);
      bottom = this.#lastCell(this.#y, kept[at + 1]!, height);
    }
    // Where few boxes were kept, looking at each costs less than looking for them.
    if (this.#count <= (right - left + 1) * (bottom - top + 1)) {
      return this.#meetsAny(at, share);
    }
    for (let y = top; y <= bottom; y++) {
      for (let cell = y * cells + left; cell <= y * cells + right; cell++) {
        for (let j = heads[cell]!; j >= 0; j = before[j]!) {
          if (
            mayOverlap(kept, j * BOX, at, share) && overlaps(kept, j * BOX, at, limit, offset)
          ) return true;
        }
      }
    }
    return false;
  }

  /** Whether any kept box overlaps the one at `at` too much. */
  #meetsAny(at: number, share: number): boolean {
    const kept = this.#boxes, limit = this.#limit, offset = this.#offset;
    for (let i = 0; i < at; i += BOX) {
      if (mayOverlap(kept, i, at, share) && overlaps(kept, i, at, limit, offset)) return true;
    }
    return false;
  }

  /** The cell from which on others begin that a box with this side at `position` can overlap too much. */
  #firstCell(axis: Axis, position: number, side: number): number {
    const other = Math.min(side / this.#limit, axis.longest);
    return this.#cell(axis, position - this.#reach(other));
  }

  /** The last cell of those. */
  #lastCell(axis: Axis, position: number, side: number): number {
    return this.#cell(axis, position + this.#reach(side));
  }

  /** How far after the beginning of a box with this side another one can begin. */
  #reach(side: number): number {
    return (1 - this.#limit) * side + SLACK * (side + this.#offset);
  }

  /** The cell of a first corner at `position`, or the nearest one. NaN, which infinite boxes make, goes to cell 0. */
  #cell({ start, scale }: Axis, position: number): number {
    return Math.max(0, Math.min((position - start) * scale, this.#cells - 1)) | 0;
  }
}

/**
 * False where intersection > limit · union cannot be: one comparison, which goes the same way for most pairs, in place of
 * several that go either way and are mispredicted. `share` is 4 · limit / (1 + limit), or less.
 */
function mayOverlap(kept: Float32Array, i: number, j: number, share: number): boolean {
  const twiceWidth = kept[i + 5]! + kept[j + 5]! - Math.abs(kept[i]! - kept[j]!) -
    Math.abs(kept[i + 2]! - kept[j + 2]!);
  const twiceHeight = kept[i + 6]! + kept[j + 6]! - Math.abs(kept[i + 1]! - kept[j + 1]!) -
    Math.abs(kept[i + 3]! - kept[j + 3]!);
  return twiceWidth * twiceHeight >= share * (kept[i + 4]! + kept[j + 4]!);
}

/** Whether the boxes at i and j have an intersection > limit · union, as the WGSL says. */
function overlaps(
  kept: Float32Array,
  i: number,
  j: number,
  limit: number,
  offset: number,
): boolean {
  const left = kept[i]! > kept[j]! ? kept[i]! : kept[j]!;
  const right = kept[i + 2]! < kept[j + 2]! ? kept[i + 2]! : kept[j + 2]!;
  const width = f32(f32(right - left) + offset);
  if (width <= 0) return false;
  const top = kept[i + 1]! > kept[j + 1]! ? kept[i + 1]! : kept[j + 1]!;
  const bottom = kept[i + 3]! < kept[j + 3]! ? kept[i + 3]! : kept[j + 3]!;
  const height = f32(f32(bottom - top) + offset);
  if (height <= 0) return false;
  const common = f32(width * height);
  const together = f32(f32(kept[i + 4]! + kept[j + 4]!) - common);
  return common > 0 && common > f32(limit * together);
}

function cellsFor(boxes: number): number {
  return Math.max(1, Math.min(Math.ceil(Math.sqrt(boxes)), MOST_CELLS));
}
