/**
 * Sizes and boxes from the original image to the network's input. Boxes are `[n, 4]` xyxy, f32, in
 * pixels, with inclusive widths (`x2 - x1 + 1`). Every step rounds to f32 as the original's tensors
 * do, so that targets are equal to the bit.
 * @module
 */

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const fround = Math.fround;

/** Python's `round`: to the nearest integer, a tie to the even one. `value` is not negative. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The size that an image is resized to: the shorter side becomes `minSize`, unless the longer one
 * would then pass `maxSize`; then it becomes round-half-even(maxSize · short / long). The other
 * side truncates. Source: the original's `Resize.get_size`.
 *
 * Unlike there, no side becomes 0: an image so thin that its shorter side would vanish gets one
 * pixel by `maxSize`.
 */
export function resizedSize(image: Size, limits: { minSize: number; maxSize: number }): Size {
  const { width, height } = image;
  const short = Math.min(width, height);
  const long = Math.max(width, height);
  let size = limits.minSize;
  if ((long / short) * size > limits.maxSize) {
    size = roundHalfEven((limits.maxSize * short) / long);
    if (size === 0) return width < height ? sized(1, limits.maxSize) : sized(limits.maxSize, 1);
  }
  if (width < height) return sized(size, Math.trunc((size * height) / width));
  return sized(Math.trunc((size * width) / height), size);
}

function sized(width: number, height: number): Size {
  return { width, height };
}

/** The smallest multiple of `divisor` that is not below `value`. */
export function padTo(value: number, divisor: number): number {
  return Math.ceil(value / divisor) * divisor;
}

/** The extents of a batch that holds images of `sizes`, each a multiple of `divisor`. */
export function paddedSize(sizes: readonly Size[], divisor: number): Size {
  let width = 0;
  let height = 0;
  for (const size of sizes) {
    width = Math.max(width, size.width);
    height = Math.max(height, size.height);
  }
  return sized(padTo(width, divisor), padTo(height, divisor));
}

/**
 * A COCO `bbox` `[x, y, w, h]` as `[x1, y1, x2, y2]` inside an image, or null where nothing of it
 * is left: x2 = x + max(w − 1, 0), clipped to [0, W − 1]; dropped unless x2 > x1 and y2 > y1.
 */
export function boxFromCoco(bbox: readonly number[], image: Size): number[] | null {
  const [x, y, w, h] = bbox.map(fround);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return null;
  const clipX = (v: number) => Math.min(Math.max(v, 0), image.width - 1);
  const clipY = (v: number) => Math.min(Math.max(v, 0), image.height - 1);
  const x1 = clipX(x);
  const y1 = clipY(y);
  const x2 = clipX(fround(x + Math.max(fround(w - 1), 0)));
  const y2 = clipY(fround(y + Math.max(fround(h - 1), 0)));
  return x2 > x1 && y2 > y1 ? [x1, y1, x2, y2] : null;
}

/** `boxes` scaled from an image of size `from` to size `to`, each axis by its own ratio. */
export function scaleBoxes(boxes: Float32Array, sizes: { from: Size; to: Size }): Float32Array {
  const ratioX = fround(sizes.to.width / sizes.from.width);
  const ratioY = fround(sizes.to.height / sizes.from.height);
  return boxes.map((value, i) => value * (i % 2 === 0 ? ratioX : ratioY));
}

/** `boxes` of an image mirrored left to right: x → W − x − 1, with x1 and x2 changing places. */
export function flipBoxesHorizontally(boxes: Float32Array, width: number): Float32Array {
  return mirror(boxes, { extent: width, axis: 0 });
}

/**
 * `boxes` of an image mirrored top to bottom: y → H − y − 1, with y1 and y2 changing places.
 * (The original leaves out the − 1 here, which moves boxes down by one pixel; its flip probability
 * is 0 in every experiment.)
 */
export function flipBoxesVertically(boxes: Float32Array, height: number): Float32Array {
  return mirror(boxes, { extent: height, axis: 1 });
}

function mirror(boxes: Float32Array, along: { extent: number; axis: 0 | 1 }): Float32Array {
  const { extent, axis } = along;
  const out = boxes.slice();
  for (let i = axis; i < boxes.length; i += 4) {
    out[i] = fround(extent - (boxes[i + 2] ?? 0)) - 1;
    out[i + 2] = fround(extent - (boxes[i] ?? 0)) - 1;
  }
  return out;
}
