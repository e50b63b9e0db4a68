/**
 * Image preprocessing with PyTorch's or OpenCV's bilinear resize, neither of which antialiases; the rest as in mod.ts.
 * Source: `upsample_bilinear2d` (align_corners false) of PyTorch; `INTER_LINEAR` of 8-bit images in OpenCV's
 * imgproc/src/resize.cpp, whose intermediate rows keep 7 fractional bits of the weights' 11.
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
import source from "./bilinear.wgsl" with { type: "text" };
import { TAP_STRIDE } from "./bilinear_taps.ts";
import { type Placement, writeImage } from "./host.ts";

const shader = { source };

/** What one image becomes; see {@link Placement}. */
export interface BilinearParams extends Placement {
  /** OpenCV's arithmetic on bytes; otherwise floats. */
  readonly bytes: boolean;
  /** The rows of the table, for planning: input rows of each output row. */
  readonly lines: Int32Array;
}

/** f32 batch[index] = u32 source resized by i32 taps, flipped, normalized and padded with zeros. */
export const bilinearKernel = defineKernel({
  name: "image_bilinear",
  signature: { source: "u32", taps: "i32", batch: "f32" },
  host: bilinearHost,
  wgsl: (params: BilinearParams, context) =>
    parts(params, context).map((part) => dispatchOf(params, part, context)),
});

/** Rows yFrom ≤ y < yTo of the batch's image, which read the source's rows rowFrom ≤ row < rowTo. */
interface Part {
  readonly yFrom: number;
  readonly yTo: number;
  readonly rowFrom: number;
  readonly rowTo: number;
}

/** Input rows that batch row y reads; none below the image. */
function rowsOf(y: number, { outHeight, flipY, lines }: BilinearParams): [number, number] {
  if (y >= outHeight) return [0, 0];
  const at = (flipY ? outHeight - 1 - y : y) * TAP_STRIDE;
  return [lines[at]!, lines[at + 1]! + 1];
}

/** The whole image at once where a binding can hold the source, else runs of rows whose sources one can hold. */
function parts(params: BilinearParams, context: PlanContext): Part[] {
  const { width, height, batchHeight } = params;
  const room = Math.floor(
    (context.maxBindingBytes - 4 * context.offsetAlignment - 4) / (width * 3),
  );
  if (room >= height) return [{ yFrom: 0, yTo: batchHeight, rowFrom: 0, rowTo: height }];
  const found: Part[] = [];
  let part: Part | undefined;
  for (let y = 0; y < batchHeight; y++) {
    const [from, to] = rowsOf(y, params);
    const rowFrom = part && to > 0 ? Math.min(part.rowFrom, from) : part?.rowFrom ?? from;
    const rowTo = Math.max(part?.rowTo ?? 0, to);
    if (part && rowTo - rowFrom > room) {
      found.push(part);
      part = { yFrom: y, yTo: y + 1, rowFrom: from, rowTo: to };
    } else part = { yFrom: part?.yFrom ?? y, yTo: y + 1, rowFrom, rowTo };
  }
  return part ? [...found, part] : found;
}

function dispatchOf(
  p: BilinearParams,
  { yFrom, yTo, rowFrom, rowTo }: Part,
  context: PlanContext,
): Dispatch {
  const { batchWidth, batchHeight, width, outWidth, outHeight } = p;
  const startByte = rowFrom * width * 3, endByte = rowTo * width * 3;
  const source = alignedView(Math.floor(startByte / 4), Math.ceil(endByte / 4), context);
  const first = (p.index * batchHeight + yFrom) * batchWidth * 3;
  const count = (yTo - yFrom) * batchWidth;
  const { view, base } = alignedView(first, first + count * 3, context);
  const { grid, rowLength: row } = gridFor(count, 64);
  const [mean0, mean1, mean2] = p.mean;
  const [deviation0, deviation1, deviation2] = p.deviation;
  const uniforms = {
    ...{ count, row, base, yFrom, batchWidth, outWidth, outHeight, width, rowFrom },
    ...{ byteBase: startByte - source.view.start * 4, bytes: Number(p.bytes) },
    ...{ flipX: Number(p.flipX), flipY: Number(p.flipY), bgr: Number(p.bgr) },
    ...{ mean0, mean1, mean2, deviation0, deviation1, deviation2 },
  };
  return { shader, uniforms, grid, views: { source: source.view, batch: view } };
}

function bilinearHost(
  { source, taps, batch }: { source: Uint32Array; taps: Int32Array; batch: FloatArray },
  params: BilinearParams,
): void {
  // Words are little-endian on every machine that Deno runs on.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  writeImage(batch, params, (line, y) => lineOf({ bytes, taps, line }, params, y));
}

/** line[x, ·] = the RGB values of row y of the resized image. */
function lineOf(
  { bytes, taps, line }: { bytes: Uint8Array; taps: Int32Array; line: Float64Array },
  { width, outWidth, bytes: onBytes }: BilinearParams,
  y: number,
): void {
  const floats = new Float32Array(taps.buffer, taps.byteOffset, taps.length);
  const weights = onBytes ? taps : floats;
  const down = (outWidth + y) * TAP_STRIDE;
  const top = taps[down]! * width, bottom = taps[down + 1]! * width;
  const weightTop = weights[down + 2]!, weightBottom = weights[down + 3]!;
  for (let x = 0, at = 0; x < outWidth; x++, at += TAP_STRIDE) {
    const left = taps[at]!, right = taps[at + 1]!;
    const weightLeft = weights[at + 2]!, weightRight = weights[at + 3]!;
    for (let c = 0; c < 3; c++) {
      const above = bytes[(top + left) * 3 + c]! * weightLeft +
        bytes[(top + right) * 3 + c]! * weightRight;
      const below = bytes[(bottom + left) * 3 + c]! * weightLeft +
        bytes[(bottom + right) * 3 + c]! * weightRight;
      line[x * 3 + c] = onBytes
        ? (((weightTop * (above >> 4)) >> 16) + ((weightBottom * (below >> 4)) >> 16) + 2) >> 2
        : above * weightTop + below * weightBottom;
    }
  }
}
