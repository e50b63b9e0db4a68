/** SmoothL1 over sampled anchors: the RPN's box loss. */
import {
  defineKernel,
  differentiable,
  empty,
  full,
  gridFor,
  launch,
  type Shader,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { meanOfValid } from "../_shared/mean_of_valid.ts";
import backwardSource from "./anchors_backward.wgsl" with { type: "text" };
import forwardSource from "./anchors_forward.wgsl" with { type: "text" };
import { checkBeta } from "./beta.ts";
import * as host from "./host.ts";
import penaltySource from "./penalty.wgsl" with { type: "text" };

const forwardShader = { source: penaltySource + forwardSource };
const backwardShader = { source: penaltySource + backwardSource };

function dispatch(shader: Shader, { images, anchors, samples, beta }: host.AnchorParams) {
  const size = images * samples;
  const { grid, rowLength } = gridFor(size, 64);
  return [{ shader, uniforms: { size, row: rowLength, anchors, samples, beta }, grid }];
}

const inputs = { pred: "f32", targets: "f32", labels: "i32", indices: "i32" } as const;

const forwardKernel = defineKernel({
  name: "smooth_l1_anchors",
  signature: { ...inputs, terms: "f32" },
  host: host.anchorsForward,
  wgsl: (params: host.AnchorParams) => dispatch(forwardShader, params),
});

const backwardKernel = defineKernel({
  name: "smooth_l1_anchors_backward_pred",
  signature: { dOut: "f32", ...inputs, count: "f32", dPred: "f32" },
  host: host.anchorsBackward,
  wgsl: (params: host.AnchorParams) => dispatch(backwardShader, params),
});

/** What {@link smoothL1Anchors} takes besides the predictions. */
export interface SmoothL1AnchorsOptions {
  /** f32 [N, R, 4], encoded. */
  readonly targets: Tensor;
  /** i32 [N, R]: 1 where the box counts. */
  readonly labels: Tensor;
  /** i32 [N, B]: sampled anchors of each image, none twice, negative where there is no sample. */
  readonly indices: Tensor;
  /** Where the loss turns from quadratic to linear; above 0. */
  readonly beta: number;
}

/**
 * SmoothL1 summed over the sampled anchors with label 1, divided by the number of all sampled anchors (0 where
 * there is none). Gradient for pred, 0 where nothing counts.
 * @param pred f32 [N, R, 4]
 * @returns f32 scalar
 * @throws RangeError where the shapes do not fit or beta is not above 0
 */
export function smoothL1Anchors(pred: Tensor, options: SmoothL1AnchorsOptions): Tensor {
  const { targets, labels, indices, beta } = options;
  checkBeta(beta);
  const [images = 0, anchors = 0] = pred.shape;
  const samples = indices.shape[1] ?? 0;
  expectShape(pred, [images, anchors, 4], "pred");
  expectShape(targets, pred.shape, "targets");
  expectShape(labels, [images, anchors], "labels");
  expectShape(indices, [images, samples], "indices");
  const params = { images, anchors, samples, beta };
  const terms = empty(pred.device, [images * samples]);
  launch(forwardKernel, { pred, targets, labels, indices, terms }, params);
  const { mean, count } = meanOfValid(terms, indices);
  differentiable({
    inputs: [pred],
    outputs: [mean],
    saved: [pred, targets, labels, indices, count],
    backward: ([dOut]) => {
      const dPred = full(pred.device, pred.shape, 0);
      const tensors = { dOut: dOut!, pred, targets, labels, indices, count, dPred };
      launch(backwardKernel, tensors, params);
      return [dPred];
    },
  });
  return mean;
}
