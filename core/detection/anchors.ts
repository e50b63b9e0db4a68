/** The anchors of one grid cell, as the original's `det_opr/rpn/anchor_generator.py` computes them. */

/** Rounds halves to the even neighbour, as numpy does and `Math.round` does not. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Anchors around the window (0, 0, stride − 1, stride − 1), in pixels of the image, inclusive corners.
 *
 * For each ratio (height / width), the window is reshaped at constant area **with both sides rounded to
 * whole pixels, halves to even**, and only then scaled: stride 32, ratio 0.5, size 256 is 45·8 × 22·8.
 * @param stride pixels between cells
 * @param sizes square roots of the wanted areas, in pixels; usually one per level
 * @param ratios height / width
 * @returns x1, y1, x2, y2 of `ratios.length · sizes.length` anchors, every size of the first ratio first;
 * computed in float64, rounded to float32 at the end
 */
export function cellAnchors(
  stride: number,
  sizes: readonly number[],
  ratios: readonly number[],
): Float32Array<ArrayBuffer> {
  const center = 0.5 * (stride - 1);
  const anchors: number[] = [];
  for (const ratio of ratios) {
    const width = roundHalfEven(Math.sqrt(stride * stride / ratio));
    const height = roundHalfEven(width * ratio);
    for (const size of sizes) {
      const halfX = 0.5 * (width * (size / stride) - 1);
      const halfY = 0.5 * (height * (size / stride) - 1);
      anchors.push(center - halfX, center - halfY, center + halfX, center + halfY);
    }
  }
  return Float32Array.from(anchors);
}
