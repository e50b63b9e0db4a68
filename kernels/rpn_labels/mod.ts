/**
 * Labels of anchors for the RPN's losses.
 * Source: the original's `det_opr/rpn/anchor_target_opr.py` and `anchor_generator.py`, `add_visibility_to`.
 * @module
 */
import { defineKernel, empty, gridFor, launch, type Tensor } from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { type RpnLabelParams, rpnLabels as host } from "./host.ts";
import source from "./labels.wgsl" with { type: "text" };

const shader = { source };

const kernel = defineKernel({
  name: "rpn_labels",
  signature: { anchors: "f32", matches: "i32", imageSizes: "f32", labels: "i32" },
  host,
  wgsl: ({ images, rows, straddle }: RpnLabelParams) => {
    const count = images * rows;
    const { grid, rowLength: row } = gridFor(count, 64);
    return [{ shader, uniforms: { count, row, rows, straddle }, grid }];
  },
});

/**
 * Labels from matches; anchors that reach out of their image are ignored, whatever they match (matching,
 * low-quality matching included, has seen them). Not differentiable.
 * @param input.anchors f32 `[R, 4]`; x1, y1, x2, y2, inclusive, in image pixels
 * @param input.matches i32 `[N, R]` as `matchBoxes` gives them
 * @param input.imageSizes f32 `[N, 2]`: width and height of each image without padding
 * @param options.straddle pixels (RPN.STRADDLE_THRESH) that a visible anchor may reach over the border:
 * x1, y1 ≥ −straddle, x2 < W + straddle, y2 < H + straddle; a negative number makes all visible
 * @returns i32 `[N, R]`: 1 object, 0 background, −1 ignored
 * @throws RangeError where the shapes do not fit
 */
export function rpnLabels(
  input: { anchors: Tensor; matches: Tensor; imageSizes: Tensor },
  { straddle }: { straddle: number },
): Tensor {
  const { anchors, matches, imageSizes } = input;
  const rows = anchors.shape[0] ?? 0, images = imageSizes.shape[0] ?? 0;
  expectShape(anchors, [rows, 4], "anchors to label");
  expectShape(imageSizes, [images, 2], "image sizes");
  expectShape(matches, [images, rows], "matches to label");
  const labels = empty(anchors.device, [images, rows], "i32");
  launch(kernel, { anchors, matches, imageSizes, labels }, { images, rows, straddle });
  return labels;
}
