/** Greedy NMS over typed arrays; the contract is in overlaps.wgsl and scan.wgsl. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import { KeptBoxes } from "./kept_boxes.ts";

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
  const { images, segments, length, useValid, validFrom, longest } = params;
  const kept = new KeptBoxes(longest, params);
  for (let row = 0; row < images * segments; row++) {
    const entry = (row % segments) * 4;
    const first = Math.floor(row / segments) * length + table[entry]!;
    const end = first + table[entry + 1]!, keep = table[entry + 2]!;
    mask.fill(0, first, end);
    // Of most classes no box is valid: then there is nothing to set out for.
    let isStarted = false;
    for (let i = first, count = 0; i < end && count < keep; i++) {
      if (useValid === 1 && valid[i]! < validFrom) continue;
      if (!isStarted) kept.start(boxes, i, end);
      isStarted = true;
      if (!kept.admit(boxes, i * 4)) continue;
      mask[i] = 1;
      count++;
    }
  }
}
