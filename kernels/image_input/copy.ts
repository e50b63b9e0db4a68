/**
 * Image preprocessing without resizing, where rows are whole words of four pixels; the rest as in mod.ts. All rules
 * of resizing leave an image of the wanted size as it is.
 * @module
 */
import {
  alignedView,
  defineKernel,
  type Dispatch,
  type FloatArray,
  gridFor,
  type PlanContext,
} from "../../core/runtime/mod.ts";
import source from "./copy.wgsl" with { type: "text" };
import { type Placement, writeImage } from "./host.ts";

const shader = { source };

/** Pixels of an invocation: three words of bytes. */
const PIXELS = 4;

/** u32 source → f32 batch[index], flipped, normalized and padded with zeros, where {@link isCopy}. */
export const copyKernel = defineKernel({
  name: "image_copy",
  signature: { source: "u32", batch: "f32" },
  host: copyOnHost,
  wgsl: (params: Placement, context) => [dispatchOf(params, context)],
});

/** Whether {@link copyKernel} does for an image: it has its size, its rows are whole words, and a binding holds it. */
export function isCopy(place: Placement, maxBindingBytes: number): boolean {
  const { width, height, outWidth, outHeight, batchWidth } = place;
  return width === outWidth && height === outHeight && width % PIXELS === 0 &&
    batchWidth % PIXELS === 0 && width * height * 3 <= maxBindingBytes;
}

function dispatchOf(p: Placement, context: PlanContext): Dispatch {
  const { width, height, batchWidth, batchHeight, index } = p;
  const size = batchWidth * batchHeight * 3, count = batchWidth * batchHeight / PIXELS;
  const { view, base } = alignedView(index * size, (index + 1) * size, context);
  const { grid, rowLength: row } = gridFor(count, 64);
  const [mean0, mean1, mean2] = p.mean;
  const [deviation0, deviation1, deviation2] = p.deviation;
  const uniforms = {
    ...{
      count,
      row,
      base: base / 4,
      quads: width / PIXELS,
      height,
      batchQuads: batchWidth / PIXELS,
    },
    ...{ flipX: Number(p.flipX), flipY: Number(p.flipY), bgr: Number(p.bgr) },
    ...{ mean0, mean1, mean2, deviation0, deviation1, deviation2 },
  };
  return { shader, uniforms, grid, views: { batch: view } };
}

function copyOnHost(
  { source, batch }: { source: Uint32Array; batch: FloatArray },
  params: Placement,
): void {
  // Words are little-endian on every machine that Deno runs on.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  const row = params.width * 3;
  writeImage(batch, params, (line, y) => line.set(bytes.subarray(y * row, (y + 1) * row)));
}
