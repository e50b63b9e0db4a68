/**
 * Image preprocessing in one pass: Pillow's antialiased bilinear resize (bit for bit on bytes: horizontal pass,
 * rounding, vertical pass) or, as an option, PyTorch's or OpenCV's; flips, BGR, mean and deviation, zero padding right and below. Not differentiable.
 * Source: libImaging/Resample.c; datasets/transforms/transforms.py and
 * datasets/structures/image_list.py of the original, which also divides bytes by 255 and multiplies them again.
 * @module
 */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  type Dispatch,
  empty,
  formatShape,
  fromArray,
  gridFor,
  launch,
  nhwc,
  type PlanContext,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { bilinearKernel } from "./bilinear.ts";
import { type BilinearRule, bilinearTaps } from "./bilinear_taps.ts";
import { type CopyImage, copyImages, isCopy } from "./copy.ts";
import horizontalSource from "./horizontal.wgsl" with { type: "text" };
import * as host from "./host.ts";
import { resampleTaps } from "./taps.ts";
import verticalSource from "./vertical.wgsl" with { type: "text" };

const horizontalShader = { source: horizontalSource };
const verticalShader = { source: verticalSource };

const imageKernel = defineKernel({
  name: "image_input",
  signature: { source: "u32", taps: "i32", rows: "u32", batch: "f32" },
  host: host.imageInput,
  wgsl: (params: host.ImageParams, context) => [
    ...horizontalDispatches(params, context),
    verticalDispatch(params, context),
  ],
});

/** The horizontal pass, by rows where source or result are larger than a binding. */
function horizontalDispatches(p: host.ImageParams, context: PlanContext): Dispatch[] {
  const { width, height, outWidth, horizontalStride } = p;
  const room = Math.floor(context.maxBindingBytes / 4) - context.offsetAlignment - 1;
  const perPart = Math.max(1, Math.floor(room / Math.max(width * 3 / 4, outWidth)));
  const dispatches: Dispatch[] = [];
  for (let y = 0; y < height; y += perPart) {
    const end = Math.min(height, y + perPart);
    const startByte = y * width * 3, endByte = end * width * 3;
    const source = alignedView(Math.floor(startByte / 4), Math.ceil(endByte / 4), context);
    const rows = alignedView(y * outWidth, end * outWidth, context);
    const count = (end - y) * outWidth;
    const { grid, rowLength } = gridFor(count, 64);
    const byteBase = startByte - source.view.start * 4;
    const place = { count, row: rowLength, byteBase, rowBase: rows.base };
    dispatches.push({
      shader: horizontalShader,
      uniforms: { ...place, width, outWidth, stride: horizontalStride },
      grid,
      views: { source: source.view, rows: rows.view },
    });
  }
  return dispatches;
}

function verticalDispatch(p: host.ImageParams, context: PlanContext): Dispatch {
  const { outWidth, outHeight, batchWidth, batchHeight, vertical, verticalStride, index } = p;
  const count = batchWidth * batchHeight;
  const { view, base } = alignedView(index * count * 3, (index + 1) * count * 3, context);
  const { grid, rowLength } = gridFor(count, 64);
  const extent = { batchWidth, outWidth, outHeight, vertical, stride: verticalStride };
  const [mean0, mean1, mean2] = p.mean;
  const [deviation0, deviation1, deviation2] = p.deviation;
  return {
    shader: verticalShader,
    uniforms: {
      count,
      row: rowLength,
      base,
      ...extent,
      flipX: Number(p.flipX),
      flipY: Number(p.flipY),
      bgr: Number(p.bgr),
      mean0,
      mean1,
      mean2,
      deviation0,
      deviation1,
      deviation2,
    },
    grid,
    views: { batch: view },
  };
}

/** A decoded image on the device. */
export interface SourceImage {
  /** u32 [ceil(height · width · 3 / 4)]: RGB bytes, row by row; see {@link pixelWords}. */
  readonly pixels: Tensor;
  readonly width: number;
  readonly height: number;
}

/** What {@link imageInput} makes of an image. */
export interface ImageInputOptions {
  /** Whose bilinear resize; `pillow` where absent. */
  readonly resize?: "pillow" | BilinearRule;
  /** The image's place in the batch. */
  readonly index: number;
  /** Size after resizing, in pixels; the rest of the batch's image is 0. */
  readonly width: number;
  readonly height: number;
  /** False where absent. */
  readonly flipHorizontal?: boolean;
  readonly flipVertical?: boolean;
  /** True to write B, G, R; false where absent. */
  readonly bgr?: boolean;
  /** Per written channel, in units of bytes (0 to 255). */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** RGB bytes as words for {@link SourceImage.pixels}; copied only where their number is not a multiple of 4. */
export function pixelWords(pixels: Uint8Array): Uint32Array<ArrayBuffer> {
  const words = ceilDiv(pixels.length, 4);
  const { buffer, byteOffset } = pixels;
  if (buffer instanceof ArrayBuffer && pixels.length === words * 4 && byteOffset % 4 === 0) {
    return new Uint32Array(buffer, byteOffset, words);
  }
  const copy = new Uint8Array(words * 4);
  copy.set(pixels);
  return new Uint32Array(copy.buffer);
}

/** One image of {@link imageInputs}. */
export interface InputImage {
  readonly source: SourceImage;
  readonly options: ImageInputOptions;
}

/**
 * Overwrites image `index` of the batch with the source, resized to width × height, then flipped, in the wanted
 * channel order, as `(byte − mean) / std`, with zeros right of and below it.
 * @param batch f32 [N, H, W, 3]
 * @throws RangeError where the image does not fit the batch or its pixels their size
 */
export function imageInput(batch: Tensor, source: SourceImage, options: ImageInputOptions): void {
  imageInputs(batch, [{ source, options }]);
}

/**
 * {@link imageInput} of several images, at places apart from each other; those that keep their size share launches.
 * @param batch f32 [N, H, W, 3]
 * @throws RangeError where an image does not fit the batch or its pixels their size
 */
export function imageInputs(batch: Tensor, images: readonly InputImage[]): void {
  const placed = images.map(({ source, options }) => ({
    pixels: source.pixels,
    resize: options.resize ?? "pillow",
    place: placeOf(batch, source, options),
  }));
  const isKept = ({ place }: CopyImage) => isCopy(place, batch.device.info.maxBindingBytes);
  const alike = Map.groupBy(
    placed.filter(isKept),
    ({ place: { mean, deviation, bgr } }) => JSON.stringify([mean, deviation, bgr]),
  );
  for (const copies of alike.values()) copyImages(batch, copies);
  for (const { pixels, resize, place } of placed.filter((image) => !isKept(image))) {
    if (resize === "pillow") antialiased(batch, pixels, place);
    else bilinear({ batch, pixels }, place, resize);
  }
}

function placeOf(
  batch: Tensor,
  source: SourceImage,
  options: ImageInputOptions,
): host.Placement {
  const { mean, std: deviation } = options;
  const [batchHeight, batchWidth] = checkPlace(batch, source, options);
  const { width, height } = source;
  return {
    ...{ width, height, outWidth: options.width, outHeight: options.height },
    ...{ index: options.index, batchWidth, batchHeight, mean, deviation },
    flipX: options.flipHorizontal ?? false,
    flipY: options.flipVertical ?? false,
    bgr: options.bgr ?? false,
  };
}

function bilinear(
  { batch, pixels }: { batch: Tensor; pixels: Tensor },
  place: host.Placement,
  rule: BilinearRule,
): void {
  const { width, height, outWidth, outHeight } = place;
  const across = bilinearTaps(width, outWidth, { rule, vertical: false });
  const lines = bilinearTaps(height, outHeight, { rule, vertical: true });
  const table = new Int32Array(across.length + lines.length);
  table.set(across);
  table.set(lines, across.length);
  const taps = fromArray(batch.device, [table.length], table);
  const params = { ...place, lines, bytes: rule === "opencv" };
  launch(bilinearKernel, { source: pixels, taps, batch }, params);
}

function antialiased(batch: Tensor, pixels: Tensor, place: host.Placement): void {
  const { width, height, outWidth, outHeight } = place;
  const across = resampleTaps(width, outWidth), down = resampleTaps(height, outHeight);
  const vertical = across.table.length;
  const table = new Int32Array(vertical + down.table.length);
  table.set(across.table);
  table.set(down.table, vertical);
  const taps = fromArray(batch.device, [table.length], table);
  const rows = empty(batch.device, [height, outWidth], "u32");
  launch(imageKernel, { source: pixels, taps, rows, batch }, {
    ...place,
    horizontalStride: across.stride,
    verticalStride: down.stride,
    vertical,
  });
}

function checkPlace(
  batch: Tensor,
  { pixels, width, height }: SourceImage,
  options: ImageInputOptions,
): [number, number] {
  const [images, batchHeight, batchWidth, channels] = nhwc(batch.shape, "batch");
  const { index, width: outWidth, height: outHeight } = options;
  expectShape(pixels, [ceilDiv(width * height * 3, 4)], "pixels");
  const fits = index >= 0 && index < images && channels === 3 && outWidth >= 1 &&
    outHeight >= 1 && outWidth <= batchWidth && outHeight <= batchHeight;
  if (!fits) {
    throw new RangeError(
      `Cannot write a ${outWidth}×${outHeight} image to place ${index} of a batch as it must fit [N, H, W, 3]: the batch is ${
        formatShape(batch.shape)
      }`,
    );
  }
  return [batchHeight, batchWidth];
}
