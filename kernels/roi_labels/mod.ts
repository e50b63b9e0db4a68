/**
 * Labels of proposals for the RoI head's losses.
 * Source: the original's `det_opr/rcnn/proposal_target_opr.py`.
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
import { expectShape } from "../_shared/expect_shape.ts";
import { type RoiLabelParams, roiLabels as host } from "./host.ts";
import source from "./labels.wgsl" with { type: "text" };

const shader = { source };

const kernel = defineKernel({
  name: "roi_labels",
  signature: { matches: "i32", truthLabels: "i32", boxCounts: "i32", labels: "i32" },
  host,
  wgsl: ({ images, rows, truths }: RoiLabelParams) => {
    const count = images * rows;
    const { grid, rowLength: row } = gridFor(count, 64);
    return [{ shader, uniforms: { count, row, rows, truths }, grid }];
  },
});

/**
 * Classes of proposals from what they match. Not differentiable.
 * @param input.matches i32 `[N, P]` as `matchBoxes` gives them, below G
 * @param input.truthLabels i32 `[N, G]`: classes 1..K
 * @param input.boxCounts i32 `[N]`: proposals in use per image
 * @returns i32 `[N, P]`: the match's class, 0 for background (−1), −1 for between (−2) and for padding
 * @throws RangeError where the shapes do not fit
 */
export function roiLabels(
  input: { matches: Tensor; truthLabels: Tensor; boxCounts: Tensor },
): Tensor {
  const { matches, truthLabels, boxCounts } = input;
  const [images, rows] = matches.shape;
  if (matches.shape.length !== 2 || images === undefined || rows === undefined) {
    throw new RangeError(
      `Cannot label proposals as matches must be [N, P]: their shape is ${
        formatShape(matches.shape)
      }`,
    );
  }
  const truths = truthLabels.shape[1] ?? 0;
  expectShape(truthLabels, [images, truths], "labels of truths");
  expectShape(boxCounts, [images], "counts of proposals");
  const labels = empty(matches.device, [images, rows], "i32");
  launch(kernel, { matches, truthLabels, boxCounts, labels }, { images, rows, truths });
  return labels;
}
