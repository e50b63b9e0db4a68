/**
 * Box encoding: what the box regressors are trained to predict.
 * Source: the original's `det_opr/box_coder.py`, `encode`; targets of `det_opr/rpn/anchor_target_opr.py`
 * and `det_opr/rcnn/proposal_target_opr.py`.
 * @module
 */
import {
  defineKernel,
  empty,
  formatShape,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { type BoxCoding, boxRows, fourWeights } from "../_shared/box_shapes.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import source from "./encode.wgsl" with { type: "text" };
import { encodeBoxes as host, type EncodeParams } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "box_encode",
  signature: { boxes: "f32", truths: "f32", matches: "i32", targets: "f32" },
  host,
  wgsl: ({ images, rows, imageStride, truths, weights, offset }: EncodeParams) => {
    const count = images * rows;
    const { grid, rowLength: row } = gridFor(count, 64);
    const [weightX, weightY, weightW, weightH] = weights;
    const uniforms = {
      ...{ count, row, rows, imageStride, truths },
      ...{ weightX, weightY, weightW, weightH, offset },
    };
    return [{ shader, uniforms, grid }];
  },
});

/**
 * Regression targets of boxes against their matched truths:
 * `(wx·Δcx / w, wy·Δcy / h, ww·ln(W / w), wh·ln(H / h))` with sides x2 − x1 + offset and centres
 * x1 + w / 2. A box equal to its truth gives exact zeros. Not differentiable.
 *
 * A negative match takes truth 0, as the original does (semantics: it feeds the statistic of K_E).
 * Where a box or its truth has no area the target is 0 (the original: infinite), so that rows of padding
 * are finite whatever they hold.
 * @param input.boxes f32 `[N, P, 4]`, or `[1, P, 4]` or `[P, 4]` shared by all images; x1, y1, x2, y2
 * @param input.truths f32 `[N, G, 4]`
 * @param input.matches i32 `[N, P]`, below G
 * @param coding.weights of dx, dy, dw, dh
 * @param coding.offset 1, as in the original, where absent
 * @returns f32 `[N, P, 4]`
 * @throws RangeError where the shapes do not fit or there are not four weights
 */
export function encodeBoxes(
  input: { boxes: Tensor; truths: Tensor; matches: Tensor },
  { weights, offset = 1 }: BoxCoding,
): Tensor {
  const { boxes, truths, matches } = input;
  const [images, perImage] = truths.shape;
  if (truths.shape.length !== 3 || images === undefined || perImage === undefined) {
    throw new RangeError(
      `Cannot encode boxes as truths must be [N, G, 4]: their shape is ${
        formatShape(truths.shape)
      }`,
    );
  }
  const { rows, imageStride } = boxRows(boxes, images, "boxes to encode");
  expectShape(truths, [images, perImage, 4], "truths to encode");
  expectShape(matches, [images, rows], "matches to encode");
  const targets = empty(boxes.device, [images, rows, 4]);
  const params = {
    images,
    rows,
    imageStride,
    truths: perImage,
    weights: fourWeights(weights),
    offset,
  };
  // Without room for truths there is none to read: nothing can be matched.
  if (perImage === 0) targets.write(new Float32Array(targets.size));
  else launch(kernel, { boxes, truths, matches, targets }, params);
  return targets;
}
