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

/** Boxes along each side of a block of overlaps.wgsl. */
const BLOCK = 64;

const overlapsShader: Shader = { source: overlapsSource + straightLines() };
const scanShaders = widths(scanSource);

const kernel = defineKernel({
  name: "nms",
  signature: { boxes: "f32", valid: "i32", table: "u32", matrix: "u32", mask: "i32" },
  host: nmsHost,
  wgsl: (p: NmsParams, context): Dispatch[] => {
    const { segments, length, words, threshold, offset, useValid, validFrom } = p;
    const dispatches: Dispatch[] = [];
    const blocks = Math.ceil(p.longest / BLOCK);
    for (let firstImage = 0; firstImage < p.images; firstImage += p.imagesAtOnce) {
      const rows = Math.min(p.imagesAtOnce, p.images - firstImage) * segments;
      const common = { segments, length, words, firstImage, useValid, validFrom };
      dispatches.push({
        shader: overlapsShader,
        uniforms: { ...common, threshold, offset },
        grid: [blocks + 1, Math.ceil(blocks / 2), rows],
      }, { shader: widthFor(scanShaders, context), uniforms: common, grid: [rows, 1, 1] });
    }
    return dispatches;
  },
});

/** WGSL that compares a box with a block of others: two words. */
function straightLines(): string {
  const lines = Array.from(
    { length: BLOCK },
    (_, j) =>
      `  words.${j < 32 ? "x" : "y"} |= overlap(mine, area, others[${j}], areas[${j}], ${
        j % 32
      }u);\n`,
  );
  return `
fn compare(mine: vec4f, area: f32) -> vec2u {
  var words = vec2u();
${lines.join("")}  return words;
}
`;
}

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
