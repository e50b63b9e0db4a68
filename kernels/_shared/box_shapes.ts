/** Shape checks shared by the operators on boxes. */
import { formatShape, type Tensor } from "../../core/runtime/mod.ts";

/**
 * Rows per image of boxes that each image has its own of, `[N, P, 4]`, or that all share, `[P, 4]` or
 * `[1, P, 4]`; and how many boxes lie between one image's first and the next one's.
 * @throws RangeError for any other shape
 */
export function boxRows(
  boxes: Tensor,
  images: number,
  what: string,
): { rows: number; imageStride: number } {
  const shape = boxes.shape.length === 2 ? [1, ...boxes.shape] : boxes.shape;
  const [batch, rows = 0, four] = shape;
  if (shape.length !== 3 || four !== 4 || (batch !== 1 && batch !== images)) {
    throw new RangeError(
      `Cannot use ${what} as its shape must be ${images}×P×4, 1×P×4 or P×4: it is ${
        formatShape(boxes.shape)
      }`,
    );
  }
  return { rows, imageStride: batch === images ? rows : 0 };
}

/** How boxes are coded as offsets from others. */
export interface BoxCoding {
  /** Of dx, dy, dw, dh: what the offsets are multiplied with. */
  readonly weights: readonly number[];
  /** Sides are x2 − x1 + offset: 1, as in the original, where absent. */
  readonly offset?: number;
}

/** The four weights of box offsets. @throws RangeError where there are not four. */
export function fourWeights(weights: readonly number[]): [number, number, number, number] {
  const [x, y, w, h] = weights;
  if (
    weights.length !== 4 || x === undefined || y === undefined || w === undefined || h === undefined
  ) {
    throw new RangeError(`Cannot code boxes as dx, dy, dw, dh need 4 weights: [${weights}]`);
  }
  return [x, y, w, h];
}
