/**
 * Image preprocessing without resizing, where rows are whole words of four pixels; the rest as in mod.ts. All rules
 * of resizing leave an image of the wanted size as it is. A launch does some images, since it costs a software adapter
 * as much as the copying itself.
 * @module
 */
import {
  alignedView,
  defineKernel,
  type Dispatch,
  type FloatArray,
  gridFor,
  launch,
  type PlanContext,
  type Shader,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { perTensor } from "../_shared/per_tensor.ts";
import source from "./copy.wgsl" with { type: "text" };
import { type Placement, writeRows } from "./host.ts";

/** Pixels of an invocation: three words of bytes. */
const PIXELS = 4;

/** Values of a byte. */
const BYTES = 256;

/** Images of a launch at most: with the batch fewer tensors than WebGPU's guaranteed 8 storage buffers. */
const TOGETHER = 4;

/** By the number of images, from 1. */
const kernels = Array.from({ length: TOGETHER }, (_, n) => kernelOf(n + 1));

type CopySignature = { readonly batch: "f32" } & Readonly<Record<`source${number}`, "u32">>;

/** An image's words, and what becomes of them. */
export interface CopyImage {
  /** u32 as {@link SourceImage.pixels}. */
  readonly pixels: Tensor;
  readonly place: Placement;
}

/** Whether {@link copyImages} does for an image: it has its size, its rows are whole words, and a binding holds it. */
export function isCopy(place: Placement, maxBindingBytes: number): boolean {
  const { width, height, outWidth, outHeight, batchWidth } = place;
  return width === outWidth && height === outHeight && width % PIXELS === 0 &&
    batchWidth % PIXELS === 0 && width * height * 3 <= maxBindingBytes;
}

/**
 * Overwrites images of the batch, flipped, normalized and padded with zeros, where {@link isCopy}.
 * @param batch f32 [N, H, W, 3]
 * @param images with the same mean, deviation and order of channels
 */
export function copyImages(batch: Tensor, images: readonly CopyImage[]): void {
  const fits = 4 * batch.size <= batch.device.info.maxBindingBytes;
  const together = fits ? TOGETHER : 1;
  for (let first = 0; first < images.length; first += together) {
    const some = images.slice(first, first + together);
    const sources = Object.fromEntries(some.map(({ pixels }, n) => [`source${n}`, pixels]));
    const places = some.map(({ place }) => place);
    launch(kernels[some.length - 1]!, { batch, ...sources }, places);
  }
}

function kernelOf(count: number) {
  const shader: Shader = { source: perTensor(source, count) };
  const sources = Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`source${n}`, "u32" as const]),
  );
  const signature: CopySignature = { batch: "f32", ...sources };
  return defineKernel({
    name: "image_copy",
    signature,
    host: ({ batch, ...sources }, places: readonly Placement[]) =>
      places.forEach((place, n) => copyOnHost({ source: sources[`source${n}`]!, batch }, place)),
    wgsl: (places, context) => [dispatchOf(places, { shader, context })],
  });
}

function dispatchOf(
  places: readonly Placement[],
  { shader, context }: { shader: Shader; context: PlanContext },
): Dispatch {
  const { batchWidth, batchHeight, bgr, mean, deviation } = places[0]!;
  const size = batchWidth * batchHeight * 3, count = batchWidth * batchHeight / PIXELS;
  const indices = places.map(({ index }) => index);
  const first = Math.min(...indices), last = Math.max(...indices);
  const { view, base } = alignedView(first * size, (last + 1) * size, context);
  const { grid, rowLength: row } = gridFor(count, 64);
  const uniforms: Record<string, number> = {
    ...{ count, row, batchQuads: batchWidth / PIXELS, bgr: Number(bgr) },
    ...{ mean0: mean[0], mean1: mean[1], mean2: mean[2] },
    ...{ deviation0: deviation[0], deviation1: deviation[1], deviation2: deviation[2] },
  };
  places.forEach(({ index, width, height, flipX, flipY }, n) => {
    uniforms[`base${n}`] = (base + (index - first) * size) / 4;
    uniforms[`quads${n}`] = width / PIXELS;
    uniforms[`height${n}`] = height;
    uniforms[`flipX${n}`] = Number(flipX);
    uniforms[`flipY${n}`] = Number(flipY);
  });
  return { shader, uniforms, grid: [grid[0], grid[1], places.length], views: { batch: view } };
}

function copyOnHost(
  { source, batch }: { source: Uint32Array; batch: FloatArray },
  place: Placement,
): void {
  // Words are little-endian on every machine that Deno runs on.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const { width, flipX, bgr } = place, values = valuesOf(place);
  const step = flipX ? -3 : 3, head = bgr ? 2 : 0, tail = 2 - head;
  writeRows(batch, place, (start, y) => {
    let from = (y * width + (flipX ? width - 1 : 0)) * 3;
    for (let to = start; to < start + width * 3; to += 3, from += step) {
      batch[to] = values[bytes[from + head]!]!;
      batch[to + 1] = values[BYTES + bytes[from + 1]!]!;
      batch[to + 2] = values[2 * BYTES + bytes[from + tail]!]!;
    }
  });
}

/** (byte − mean) / deviation of every byte in each channel of the batch: looking it up costs less than dividing. */
function valuesOf({ mean, deviation }: Placement): Float64Array {
  const values = new Float64Array(3 * BYTES);
  for (let channel = 0; channel < 3; channel++) {
    const first = channel * BYTES, offset = mean[channel]!, scale = deviation[channel]!;
    for (let byte = 0; byte < BYTES; byte++) values[first + byte] = (byte - offset) / scale;
  }
  return values;
}
