/**
 * Box decoding: predicted offsets to boxes, clipped to their images; of chosen anchors (proposals) or of
 * every class of every proposal (detections).
 * Source: the original's `det_opr/box_coder.py`, `decode`, and `BoxList.clip_to_image` without removal.
 * @module
 */
import {
  defineKernel,
  empty,
  formatShape,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { type BoxCoding, boxRows, fourWeights } from "../_shared/box_shapes.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import source from "./decode.wgsl" with { type: "text" };
import { decodeBoxes as host, type DecodeParams, LARGEST_LOG } from "./host.ts";

const shader = { source };

/** No dw or dh is below it: as float32, −10^38. */
const UNLIMITED = -1e38;

const kernel = defineKernel({
  name: "box_decode",
  signature: { boxes: "f32", deltas: "f32", indices: "i32", imageSizes: "f32", decoded: "f32" },
  host,
  wgsl: (params: DecodeParams) => {
    const { images, weights, indexed, agnostic, clip, ...sizes } = params;
    const count = images * params.picked * params.classes;
    const { grid, rowLength: row } = gridFor(count, 64);
    const [weightX, weightY, weightW, weightH] = weights;
    const uniforms = {
      ...{ ...sizes, count, row, largestLog: LARGEST_LOG },
      ...{ indexed: Number(indexed), agnostic: Number(agnostic), clip: Number(clip) },
      ...{ weightX, weightY, weightW, weightH },
    };
    return [{ shader, uniforms, grid }];
  },
});

/** What {@link decodeBoxes} works on. */
export interface DecodeInput {
  /** f32 `[N, P, 4]`, or `[1, P, 4]` or `[P, 4]` shared by all images; x1, y1, x2, y2. */
  readonly boxes: Tensor;
  /**
   * f32 `[N, P, 4]` (or `[N·P, 4]`); with classes `[N·P, 4·C]`, class c in columns 4c…4c + 3; class-agnostic
   * `[N·P, D]`, whose last four columns serve every class.
   */
  readonly deltas: Tensor;
  /** i32 `[N, K]`: rows to decode, −1 for padding; all rows in order where absent. */
  readonly indices?: Tensor;
  /** f32 `[N, 2]`: width and height of each image without padding, in pixels. */
  readonly imageSizes: Tensor;
}

/** How {@link decodeBoxes} decodes. */
export interface DecodeOptions extends BoxCoding {
  /** Caps dw and dh below too, at −ln(1000 / 16); false where absent. */
  readonly limitShrinking?: boolean;
  /** Clips to [0, W − offset] × [0, H − offset]; true where absent. */
  readonly clip?: boolean;
  /** C: decodes each box once for every class; one box without the class axis where absent. */
  readonly classes?: number;
  /** The last four columns of `deltas` serve every class; false where absent. */
  readonly classAgnostic?: boolean;
}

/**
 * Boxes moved by predicted offsets: centre + (dx·w, dy·h) / weights, sides · exp(dw, dh), with dw and dh
 * capped at ln(1000 / 16); x2 and y2 are the end less the offset (1: the last pixel). Not differentiable: proposals are constants
 * to the losses.
 * @returns f32 `[N, K, 4]` (K = P without `indices`), with classes `[N, K, C, 4]`; zeros where an index is −1
 * @throws RangeError where the shapes do not fit or there are not four weights
 */
export function decodeBoxes(input: DecodeInput, options: DecodeOptions): Tensor {
  const { boxes, deltas, imageSizes } = input;
  const { clip = true, classes = 1, classAgnostic: agnostic = false, offset = 1 } = options;
  const images = imageSizes.shape[0] ?? 0;
  const { rows, imageStride } = boxRows(boxes, images, "boxes to decode");
  const columns = deltas.shape.at(-1) ?? 0;
  expectShape(imageSizes, [images, 2], "image sizes");
  if (
    deltas.size !== images * rows * columns || (agnostic ? columns < 4 : columns !== classes * 4)
  ) {
    throw new RangeError(
      `Cannot decode boxes as offsets must be 4 numbers per class (${classes}) for ${images}×${rows} boxes: their shape is ${
        formatShape(deltas.shape)
      }`,
    );
  }
  const picked = input.indices ? input.indices.shape[1] ?? 0 : rows;
  if (input.indices) expectShape(input.indices, [images, picked], "indices of boxes to decode");
  return scope(() => {
    const last = options.classes === undefined ? [4] : [classes, 4];
    const decoded = empty(boxes.device, [images, picked, ...last]);
    const indices = input.indices ?? empty(boxes.device, [1], "i32"); // bound, not read
    launch(kernel, { boxes, deltas, indices, imageSizes, decoded }, {
      ...{ images, rows, imageStride, picked, classes, columns },
      ...{ indexed: input.indices !== undefined, agnostic, clip },
      ...{ weights: fourWeights(options.weights), offset },
      smallestLog: options.limitShrinking ? -LARGEST_LOG : UNLIMITED,
    });
    return decoded;
  });
}
