/**
 * Binary cross-entropy with logits, averaged over sampled anchors: the RPN's classification loss
 * (F.binary_cross_entropy_with_logits over the batch's sampled anchors; network.py of the original).
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  full,
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
  name: "sigmoid_bce",
  signature: { logits: "f32", labels: "i32", indices: "i32", terms: "f32" },
  host: host.forward,
  wgsl: ({ images, anchors, samples }: host.BceParams) => {
    const count = images * samples;
    const { grid, rowLength } = gridFor(count, 64);
    return [{
      shader: forwardShader,
      uniforms: { count, row: rowLength, anchors, samples },
      grid,
    }];
  },
});

const backwardKernel = defineKernel({
  name: "sigmoid_bce_backward_logits",
  signature: {
    dOut: "f32",
    logits: "f32",
    labels: "i32",
    indices: "i32",
    count: "f32",
    dLogits: "f32",
  },
  host: host.backwardLogits,
  wgsl: ({ images, anchors, samples }: host.BceParams) => {
    const size = images * samples;
    const { grid, rowLength } = gridFor(size, 64);
    return [{
      shader: backwardShader,
      uniforms: { size, row: rowLength, anchors, samples },
      grid,
    }];
  },
});

/**
 * Mean over the sampled anchors of `−y·log σ(x) − (1 − y)·log(1 − σ(x))`; 0 where none is sampled. Gradient for
 * the logits, 0 at anchors that are not sampled.
 * @param logits f32 [N, R]
 * @param options labels i32 [N, R], 1 or 0 at every sampled anchor; indices i32 [N, B], the sampled anchors of
 * each image, none twice, negative where there is no sample
 * @returns f32 scalar
 * @throws RangeError where the shapes do not fit
 */
export function sigmoidBce(
  logits: Tensor,
  { labels, indices }: { labels: Tensor; indices: Tensor },
): Tensor {
  const [images = 0, anchors = 0] = logits.shape;
  const samples = indices.shape[1] ?? 0;
  expectShape(logits, [images, anchors], "logits");
  expectShape(labels, [images, anchors], "labels");
  expectShape(indices, [images, samples], "indices");
  const params = { images, anchors, samples };
  const terms = empty(logits.device, [images * samples]);
  launch(forwardKernel, { logits, labels, indices, terms }, params);
  const { mean, count } = meanOfValid(terms, indices);
  differentiable({
    inputs: [logits],
    outputs: [mean],
    saved: [logits, labels, indices, count],
    backward: ([dOut]) => {
      const dLogits = full(logits.device, logits.shape, 0);
      const tensors = { dOut: dOut!, logits, labels, indices, count, dLogits };
      launch(backwardKernel, tensors, params);
      return [dLogits];
    },
  });
  return mean;
}
