/** SmoothL1 over RoIs: the RoI head's box loss, whose beta the dynamic schedule sets. */
import {
  defineKernel,
  differentiable,
  empty,
  gridFor,
  launch,
  type Shader,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { meanOfValid } from "../_shared/mean_of_valid.ts";
import { checkBeta } from "./beta.ts";
import * as host from "./host.ts";
import penaltySource from "./penalty.wgsl" with { type: "text" };
import backwardSource from "./rois_backward.wgsl" with { type: "text" };
import forwardSource from "./rois_forward.wgsl" with { type: "text" };

const forwardShader = { source: penaltySource + forwardSource };
const backwardShader = { source: penaltySource + backwardSource };

function dispatch(shader: Shader, size: number, { width, agnostic, beta }: host.RoiParams) {
  const { grid, rowLength } = gridFor(size, 64);
  const uniforms = { size, row: rowLength, width, agnostic: Number(agnostic), beta };
  return [{ shader, uniforms, grid }];
}

const inputs = { pred: "f32", targets: "f32", labels: "i32" } as const;

const forwardKernel = defineKernel({
  name: "smooth_l1_rois",
  signature: { ...inputs, terms: "f32" },
  host: host.roisForward,
  wgsl: (params: host.RoiParams) => dispatch(forwardShader, params.rows, params),
});

const backwardKernel = defineKernel({
  name: "smooth_l1_rois_backward_pred",
  signature: { dOut: "f32", ...inputs, count: "f32", dPred: "f32" },
  host: host.roisBackward,
  wgsl: (params: host.RoiParams) => dispatch(backwardShader, params.rows * params.width, params),
});

/** What {@link smoothL1Rois} takes besides the predictions. */
export interface SmoothL1RoisOptions {
  /** f32 [M, 4], encoded. */
  readonly targets: Tensor;
  /** i32 [M]: above 0 the class whose columns count, 0 background, negative padding. */
  readonly labels: Tensor;
  /** Where the loss turns from quadratic to linear; above 0. Changes from step to step. */
  readonly beta: number;
  /** True where all classes share columns 4 to 7; false where absent. */
  readonly classAgnostic?: boolean;
}

/**
 * SmoothL1 summed over the rows with a positive label, divided by the number of rows with a label ≥ 0 (0 where
 * there is none). Gradient for pred, 0 at all columns but the label's.
 * Source: Dynamic R-CNN, eq. 5 (DSL); columns as in network.py of the original.
 * @param pred f32 [M, 4·C], C > every label; [M, 8] where class-agnostic
 * @returns f32 scalar
 * @throws RangeError where the shapes do not fit or beta is not above 0
 */
export function smoothL1Rois(pred: Tensor, options: SmoothL1RoisOptions): Tensor {
  const { targets, labels, beta, classAgnostic: agnostic = false } = options;
  checkBeta(beta);
  const [rows = 0, width = 0] = pred.shape;
  expectShape(pred, [rows, Math.max(8, Math.ceil(width / 4) * 4)], "pred");
  expectShape(targets, [rows, 4], "targets");
  expectShape(labels, [rows], "labels");
  const params = { rows, width, agnostic, beta };
  const terms = empty(pred.device, [rows]);
  launch(forwardKernel, { pred, targets, labels, terms }, params);
  const { mean, count } = meanOfValid(terms, labels);
  differentiable({
    inputs: [pred],
    outputs: [mean],
    saved: [pred, targets, labels, count],
    backward: ([dOut]) => {
      const dPred = empty(pred.device, pred.shape);
      launch(backwardKernel, { dOut: dOut!, pred, targets, labels, count, dPred }, params);
      return [dPred];
    },
  });
  return mean;
}
