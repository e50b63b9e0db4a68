/** The launch of NMS, shared by {@link nms} and class-wise NMS. */
import {
  defineKernel,
  type Dispatch,
  empty,
  launch,
  scope,
  type Shader,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { segmentTable, widthFor, widths } from "../_shared/selection/mod.ts";
import { nmsHost, type NmsParams, roundUp } from "./host.ts";
import overlapsSource from "./overlaps.wgsl" with { type: "text" };
import scanSource from "./scan.wgsl" with { type: "text" };

/** A stretch of each image's boxes in score order, among which NMS is done. */
export interface NmsSegment {
  /** First box. */
  readonly start: number;
  /** Number of boxes. */
  readonly size: number;
  /** How many survivors to keep at most. */
  readonly keep: number;
}

/** Boxes that a segment has at most: the removed bits of one fit a workgroup's memory. */
export const MAX_BOXES = 16384;

/** Bytes of bit matrices made at once; more images than fit take turns. */
const MATRIX_BYTES = 64 * 2 ** 20;

const overlapsShader: Shader = { source: overlapsSource };
const scanShaders = widths(scanSource);

const kernel = defineKernel({
  name: "nms",
  signature: { boxes: "f32", valid: "i32", table: "u32", matrix: "u32", mask: "i32" },
  host: nmsHost,
  wgsl: (p: NmsParams, context): Dispatch[] => {
    const { segments, length, words, threshold, offset, useValid, validFrom } = p;
    const dispatches: Dispatch[] = [];
    for (let firstImage = 0; firstImage < p.images; firstImage += p.imagesAtOnce) {
      const rows = Math.min(p.imagesAtOnce, p.images - firstImage) * segments;
      const common = { segments, length, words, firstImage, useValid, validFrom };
      dispatches.push({
        shader: overlapsShader,
        uniforms: { ...common, threshold, offset },
        grid: [Math.ceil(p.longest / 64), Math.ceil(p.longest / 32), rows],
      }, { shader: widthFor(scanShaders, context), uniforms: common, grid: [rows, 1, 1] });
    }
    return dispatches;
  },
});

/** Greedy NMS of each segment: see {@link nms}. A box counts where its `valid` is at least `validFrom`. */
export function suppress(
  { boxes, valid }: { boxes: Tensor; valid?: Tensor },
  options: {
    segments: readonly NmsSegment[];
    threshold: number;
    validFrom: number;
    offset: number;
  },
): Tensor {
  const { segments, threshold, validFrom, offset } = options;
  const [images, length] = boxes.shape as [number, number];
  const { device } = boxes;
  const table = segmentTable(
    device,
    segments.map(({ start, size, keep }) => (
      { start, size, k: keep, room: size * Math.ceil(size / 32) }
    )),
  );
  const words = table.outLength;
  const fitting = Math.max(1, Math.floor(MATRIX_BYTES / 4 / Math.max(1, words)));
  const imagesAtOnce = Math.min(images, fitting);
  return scope(() => {
    // The CPU device compares boxes as it goes and needs no matrix.
    const onGpu = device.info.kind === "webgpu";
    const matrix = empty(device, [onGpu ? imagesAtOnce * words : 0], "u32");
    const mask = empty(device, [images, length], "i32");
    launch(kernel, {
      boxes,
      valid: valid ?? boxes.view(boxes.shape, "i32"),
      table: table.tensor,
      matrix,
      mask,
    }, {
      images,
      segments: segments.length,
      length,
      threshold: roundUp(threshold),
      offset,
      useValid: valid ? 1 : 0,
      validFrom,
      longest: Math.max(0, ...segments.map(({ size }) => size)),
      words,
      imagesAtOnce,
    });
    return mask;
  });
}
