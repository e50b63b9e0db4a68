/**
 * Softmax cross-entropy, averaged over the rows that have a label: the RoI head's classification loss
 * (F.cross_entropy; network.py of the original).
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { meanOfValid } from "../_shared/mean_of_valid.ts";
import backwardSource from "./backward_logits.wgsl" with { type: "text" };
import forwardSource from "./forward.wgsl" with { type: "text" };
import * as host from "./host.ts";

const forwardShader = { source: forwardSource };
const backwardShader = { source: backwardSource };

const forwardKernel = defineKernel({
  name: "softmax_cross_entropy",
  signature: { logits: "f32", labels: "i32", terms: "f32", logSums: "f32" },
  host: host.forward,
  wgsl: ({ rows, classes }: host.ClassRows) => {
    const { grid, rowLength } = gridFor(rows, 64);
    return [{ shader: forwardShader, uniforms: { rows, row: rowLength, classes }, grid }];
  },
});

const backwardKernel = defineKernel({
  name: "softmax_cross_entropy_backward_logits",
  signature: {
    dOut: "f32",
    logits: "f32",
    labels: "i32",
    logSums: "f32",
    count: "f32",
    dLogits: "f32",
  },
  host: host.backwardLogits,
  wgsl: ({ rows, classes }: host.ClassRows) => {
    const size = rows * classes;
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader: backwardShader, uniforms: { size, row: rowLength, classes }, grid }];
  },
});

/**
 * Mean over the rows with a label of `log Σ exp(x) − x[label]`; 0 where no row has one. Gradient for the logits.
 * @param logits f32 [M, C]
 * @param labels i32 [M]: a class below C, or negative where the row does not count
 * @returns f32 scalar
 * @throws RangeError where the shapes do not fit
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const [rows = 0, classes = 0] = logits.shape;
  expectShape(logits, [rows, classes], "logits");
  expectShape(labels, [rows], "labels");
  const { device } = logits;
  const terms = empty(device, [rows]), logSums = empty(device, [rows]);
  launch(forwardKernel, { logits, labels, terms, logSums }, { rows, classes });
  const { mean, count } = meanOfValid(terms, labels);
  differentiable({
    inputs: [logits],
    outputs: [mean],
    saved: [logits, labels, logSums, count],
    backward: ([dOut]) => {
      const dLogits = empty(device, logits.shape);
      const tensors = { dOut: dOut!, logits, labels, logSums, count, dLogits };
      launch(backwardKernel, tensors, { rows, classes });
      return [dLogits];
    },
  });
  return mean;
}
