/** Greedy NMS over typed arrays; the contract is in overlaps.wgsl and scan.wgsl. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Parameters of both halves. */
export interface NmsParams {
  readonly images: number;
  readonly segments: number;
  /** Boxes of an image. */
  readonly length: number;
  readonly threshold: number;
  /** Sides are x2 − x1 + offset. */
  readonly offset: number;
  readonly useValid: number;
  readonly validFrom: number;
  /** Boxes of the longest segment. */
  readonly longest: number;
  /** Words of an image's matrix, and images whose matrices there is room for: WebGPU's alone. */
  readonly words: number;
  readonly imagesAtOnce: number;
}

/**
 * The least float32 that is not below `value` ≥ 0. With the threshold rounded so, two boxes whose IoU is the
 * threshold exactly are never found to overlap more, however the product with their union is rounded.
 */
export function roundUp(value: number): number {
  const rounded = Float32Array.of(value);
  if (rounded[0]! < value) new Uint32Array(rounded.buffer)[0]! += 1;
  return rounded[0]!;
}

/** float32 rounding of every step, so that a float64 reference decides as the devices do. */
const f32 = Math.fround;

/** mask = 1 for boxes that no kept box before them in their segment overlaps by more than the threshold. */
export function nmsHost(
  { boxes, valid, table, mask }: {
    boxes: FloatArray;
    valid: Int32Array;
    table: Uint32Array;
    mask: Int32Array;
  },
  params: NmsParams,
): void {
  const { images, segments, length, threshold, offset, useValid, validFrom, longest } = params;
  const kept = new Float32Array(longest * 5);
  const limit = f32(threshold);
  for (let row = 0; row < images * segments; row++) {
    const entry = (row % segments) * 4;
    const first = Math.floor(row / segments) * length + table[entry]!;
    const end = first + table[entry + 1]!, keep = table[entry + 2]!;
    let count = 0;
    for (let i = first; i < end; i++) {
      mask[i] = 0;
      if (count >= keep || (useValid === 1 && valid[i]! < validFrom)) continue;
      const at = count * 5;
      writeBox(kept, at, { boxes, from: i * 4, offset });
      if (isSuppressed(kept, at, { limit, offset })) continue;
      mask[i] = 1;
      count++;
    }
  }
}

/** kept[at..at + 5) = the box's corners and area. */
function writeBox(
  kept: Float32Array,
  at: number,
  { boxes, from, offset }: { boxes: FloatArray; from: number; offset: number },
): void {
  const x1 = kept[at] = boxes[from]!;
  const y1 = kept[at + 1] = boxes[from + 1]!;
  const x2 = kept[at + 2] = boxes[from + 2]!;
  const y2 = kept[at + 3] = boxes[from + 3]!;
  kept[at + 4] = f32(
    f32(f32(f32(x2) - f32(x1)) + offset) * f32(f32(f32(y2) - f32(y1)) + offset),
  );
}

/** True where a box before the one at `at` overlaps it too much: intersection > limit · union, as the WGSL says. */
function isSuppressed(
  kept: Float32Array,
  at: number,
  { limit, offset }: { limit: number; offset: number },
): boolean {
  const x1 = kept[at]!, y1 = kept[at + 1]!, x2 = kept[at + 2]!, y2 = kept[at + 3]!;
  const area = kept[at + 4]!;
  // Boxes beyond these cannot overlap, whatever is rounded: comparing is all that most pairs of boxes cost.
  const margin = offset + 1;
  const leftmost = x1 - margin, rightmost = x2 + margin;
  const topmost = y1 - margin, lowest = y2 + margin;
  for (let j = 0; j < at; j += 5) {
    if (kept[j]! > rightmost || kept[j + 2]! < leftmost) continue;
    if (kept[j + 1]! > lowest || kept[j + 3]! < topmost) continue;
    const left = kept[j]! > x1 ? kept[j]! : x1;
    const right = kept[j + 2]! < x2 ? kept[j + 2]! : x2;
    const width = f32(f32(right - left) + offset);
    if (width <= 0) continue;
    const top = kept[j + 1]! > y1 ? kept[j + 1]! : y1;
    const bottom = kept[j + 3]! < y2 ? kept[j + 3]! : y2;
    const height = f32(f32(bottom - top) + offset);
    if (height <= 0) continue;
    const common = f32(width * height);
    const together = f32(f32(kept[j + 4]! + area) - common);
    if (common > 0 && common > f32(limit * together)) return true;
  }
  return false;
}
