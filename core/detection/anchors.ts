/**
 * The anchors of one grid cell and the distances of cells, as the original's `det_opr/rpn/anchor_generator.py`
 * computes them, or torchvision's `anchor_utils.py`, or MMDetection's `anchor_generator.py`.
 * @module
 */
import type { AnchorLayout } from "./options.ts";

/** Rounds halves to the even neighbour, as numpy does and `Math.round` does not. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Which anchors a cell has. */
export interface CellOptions {
  /** Height / width. */
  readonly ratios: readonly number[];
  /** `detectron` where absent. */
  readonly layout?: AnchorLayout;
}

/**
 * Anchors of the cell at (0, 0), in pixels of the image.
 * @param stride pixels between cells
 * @param sizes square roots of the wanted areas, in pixels; usually one per level
 * @returns x1, y1, x2, y2 of `ratios.length · sizes.length` anchors, every size of the first ratio first
 */
export function cellAnchors(
  stride: number,
  sizes: readonly number[],
  { ratios, layout = "detectron" }: CellOptions,
): Float32Array<ArrayBuffer> {
  const anchorOf = layout === "detectron"
    ? (ratio: number, size: number) => aroundMiddle(stride, { ratio, size })
    : (ratio: number, size: number) => aroundCorner(size, ratio, layout === "torchvision");
  return Float32Array.from(
    ratios.flatMap((ratio) => sizes.flatMap((size) => anchorOf(ratio, size))),
  );
}

/**
 * Around the window (0, 0, stride − 1, stride − 1), inclusive corners. The window is reshaped at constant area
 * **with both sides rounded to whole pixels, halves to even**, and only then scaled: stride 32, ratio 0.5, size
 * 256 is 45·8 × 22·8. Computed in float64, rounded to float32 at the end.
 */
function aroundMiddle(
  stride: number,
  { ratio, size }: { ratio: number; size: number },
): number[] {
  const center = 0.5 * (stride - 1);
  const width = roundHalfEven(Math.sqrt(stride * stride / ratio));
  const height = roundHalfEven(width * ratio);
  const halfX = 0.5 * (width * (size / stride) - 1);
  const halfY = 0.5 * (height * (size / stride) - 1);
  return [center - halfX, center - halfY, center + halfX, center + halfY];
}

/** Around (0, 0), in float32 throughout as PyTorch computes it; corners rounded, halves to even, where asked for. */
function aroundCorner(size: number, ratio: number, rounded: boolean): number[] {
  const { fround } = Math;
  const root = fround(Math.sqrt(fround(ratio)));
  const halfX = fround(fround(1 / root) * size) / 2, halfY = fround(root * size) / 2;
  const [x, y] = rounded ? [roundHalfEven(halfX), roundHalfEven(halfY)] : [halfX, halfY];
  return [-x, -y, x, y];
}

/** Width and height, of a map in cells or of images in pixels. */
interface Extent {
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels between a level's columns and between its rows: its stride, but in torchvision's layout what the padded
 * images' size divided by the number of cells gives, rounded down (P6 has ⌈n / 2⌉ of P5's n rows: 800 pixels in
 * 13 rows are 61 apart, not 64).
 */
export function cellStrides(
  stride: number,
  { cells, padded, layout }: { cells: Extent; padded: Extent; layout: AnchorLayout },
): { stride: number; strideY: number } {
  if (layout !== "torchvision") return { stride, strideY: stride };
  return {
    stride: Math.floor(padded.width / cells.width),
    strideY: Math.floor(padded.height / cells.height),
  };
}
