/**
 * Sizes and boxes from the original image to the network's input. Boxes are `[n, 4]` xyxy, f32, in
 * pixels, `x2 - x1 + offset` wide: 1, as in the original, or 0 (MODEL.BOX_OFFSET). Every step rounds to f32 as the original's tensors
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

/** Where boxes end. */
export interface BoxEnds {
  /** Boxes are x2 − x1 + offset wide: 1, x2 being the last pixel, where absent. */
  readonly offset?: number;
}

/** Whose rule of sizes, and whose interpolation (INPUT.RESIZE). */
export type ResizeRule = "pillow" | "torch" | "opencv";

/** How large an image becomes. */
export interface ResizeLimits {
  readonly minSize: number;
  readonly maxSize: number;
  /** `pillow` where absent. */
  readonly rule?: ResizeRule;
}

/**
 * The size that an image is resized to: the shorter side becomes `minSize`, unless the longer one
 * would then pass `maxSize`. Both sides round as the rule says; an image so thin that its shorter
 * side would vanish keeps one pixel of it, where the sources fail.
 *
 * - `pillow`, the original's `Resize.get_size`: the shorter side is `minSize` or
 *   round-half-even(maxSize · short / long), the other one truncates.
 * - `torch`, torchvision's `GeneralizedRCNNTransform`: both sides are multiplied with a factor in
 *   float32 and truncate, so that 640×427 becomes 1199×799 for a `minSize` of 800.
 * - `opencv`, mmcv's `rescale_size`: both sides are multiplied with the factor and round half up.
 */
export function resizedSize(image: Size, limits: ResizeLimits): Size {
  const { width, height } = image;
  const { rule = "pillow" } = limits;
  if (rule === "pillow") return sizeOfShorter(image, limits);
  const factor = rule === "torch" ? torchFactor(image, limits) : exactFactor(image, limits);
  const half = rule === "torch" ? 0 : 0.5;
  const side = (extent: number) => Math.max(1, Math.floor(extent * factor + half));
  return sized(side(width), side(height));
}

function exactFactor({ width, height }: Size, { minSize, maxSize }: ResizeLimits): number {
  return Math.min(maxSize / Math.max(width, height), minSize / Math.min(width, height));
}

function torchFactor({ width, height }: Size, { minSize, maxSize }: ResizeLimits): number {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  // PyTorch divides a number by a tensor as the number times the tensor's reciprocal.
  return Math.min(fround(minSize * fround(1 / short)), fround(maxSize * fround(1 / long)));
}

function sizeOfShorter({ width, height }: Size, limits: ResizeLimits): Size {
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
 * is left: x2 = x + max(w − offset, 0), clipped to [0, W − offset]; dropped unless x2 > x1 and
 * y2 > y1.
 */
export function boxFromCoco(
  bbox: readonly number[],
  image: Size,
  { offset = 1 }: BoxEnds = {},
): number[] | null {
  const [x, y, w, h] = bbox.map(fround);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return null;
  const clipX = (v: number) => Math.min(Math.max(v, 0), image.width - offset);
  const clipY = (v: number) => Math.min(Math.max(v, 0), image.height - offset);
  const x1 = clipX(x);
  const y1 = clipY(y);
  const x2 = clipX(fround(x + Math.max(fround(w - offset), 0)));
  const y2 = clipY(fround(y + Math.max(fround(h - offset), 0)));
  return x2 > x1 && y2 > y1 ? [x1, y1, x2, y2] : null;
}

/** `boxes` scaled from an image of size `from` to size `to`, each axis by its own ratio. */
export function scaleBoxes(boxes: Float32Array, sizes: { from: Size; to: Size }): Float32Array {
  const ratioX = fround(sizes.to.width / sizes.from.width);
  const ratioY = fround(sizes.to.height / sizes.from.height);
  return boxes.map((value, i) => value * (i % 2 === 0 ? ratioX : ratioY));
}

/** `boxes` of an image mirrored left to right: x → W − x − offset, with x1 and x2 changing places. */
export function flipBoxesHorizontally(
  boxes: Float32Array,
  width: number,
  { offset = 1 }: BoxEnds = {},
): Float32Array {
  return mirror(boxes, { extent: width, axis: 0, offset });
}

/**
 * `boxes` of an image mirrored top to bottom: y → H − y − offset, with y1 and y2 changing places.
 * (The original leaves out the offset here, which moves boxes down by one pixel; its flip probability
 * is 0 in every experiment.)
 */
export function flipBoxesVertically(
  boxes: Float32Array,
  height: number,
  { offset = 1 }: BoxEnds = {},
): Float32Array {
  return mirror(boxes, { extent: height, axis: 1, offset });
}

function mirror(
  boxes: Float32Array,
  { extent, axis, offset }: { extent: number; axis: 0 | 1; offset: number },
): Float32Array {
  const out = boxes.slice();
  for (let i = axis; i < boxes.length; i += 4) {
    out[i] = fround(extent - (boxes[i + 2] ?? 0)) - offset;
    out[i + 2] = fround(extent - (boxes[i] ?? 0)) - offset;
  }
  return out;
}
