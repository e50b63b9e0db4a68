/** How kernels over feature maps [N, H, W, C] are cut where a tensor is larger than a binding. */
import type { PlanContext } from "../../core/runtime/mod.ts";

/** Whole images from `image` (row 0, all rows), or `rows` rows of the one image `image`. */
export interface MapPart {
  readonly image: number;
  readonly images: number;
  readonly row: number;
  readonly rows: number;
}

/** A stack of images to cut, in terms of the rows of whichever tensor the kernel writes. */
export interface MapExtent {
  readonly images: number;
  readonly rows: number;
  /** Elements of the largest view that one whole image needs. */
  readonly imageElements: number;
  /** Elements of the largest view that `rows` consecutive rows need, halo included. */
  readonly rowElements: (rows: number) => number;
}

/**
 * Parts such that every view fits one binding: several whole images each where one fits, else rows of one
 * image. A single row that does not fit is returned all the same; the launch then says what is too large.
 */
export function mapParts(extent: MapExtent, context: PlanContext): MapPart[] {
  const { images, rows, imageElements, rowElements } = extent;
  const room = Math.floor(context.maxBindingBytes / 4) - context.offsetAlignment;
  const parts: MapPart[] = [];
  if (imageElements <= room) {
    const perPart = Math.floor(room / Math.max(1, imageElements));
    for (let image = 0; image < images; image += perPart) {
      parts.push({ image, images: Math.min(perPart, images - image), row: 0, rows });
    }
    return parts;
  }
  let perPart = rows;
  while (perPart > 1 && rowElements(perPart) > room) perPart--;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < rows; row += perPart) {
      parts.push({ image, images: 1, row, rows: Math.min(perPart, rows - row) });
    }
  }
  return parts;
}
