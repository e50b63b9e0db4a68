/**
 * Deformable convolution: a convolution whose taps read where offsets computed from the input put them, each
 * weighed by a mask where it is modulated.
 *
 *     out[n, y, x, o] = bias[o] + Σ over taps k and channels c of weight[k, c, o] · mask[k] ·
 *         input[n, y·stride − padding + ky·dilation + dy[k], x·stride − padding + kx·dilation + dx[k], c]
 *
 * Between pixels the input is bilinear, around it are zeros; a tap a whole pixel or more outside (exactly on row or
 * column −1 too) reads zero and has no gradient, as in the original's CUDA; torchvision gives offsets there a
 * gradient. x `[N, H, W, C]`, weight `[kh, kw, C / groups, O]`, out `[N, Ho, Wo, O]`; all f32. `offsets` is
 * `[N, Ho, Wo, G·K·2]`, or `[N, Ho, Wo, G·K·3]` where modulated, with K = kh·kw taps and G deformable groups: first
 * (dy, dx) in input pixels for each tap of each group, then the masks' logits, a sigmoid away from the masks.
 *
 * Sources: Dai et al., Deformable Convolutional Networks (v1: no mask); Zhu et al., Deformable ConvNets v2, eq. 1;
 * the original's `kernels/cuda/deform_conv_kernel_cuda.cu`.
 *
 * How: the values that taps read are written to columns, a bounded part of the output at a time, and the products
 * with the weight are those of conv2d. The gradient of the input is a gather: where taps fall depends on data and
 * WGSL has no atomic float sums, so taps between the same four pixels are linked into lists and sorted (link.wgsl);
 * each pixel then sums over four lists, in float32 and always in the same order.
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  full,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { columnSums } from "../_shared/column_sums.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import { splitsOf } from "../conv2d/plan_weight.ts";
import {
  columnGeometry,
  deformGeometryOf,
  type DeformWindow,
  outputParts,
  pixelsOf,
  scratchShapes,
} from "./geometry.ts";
import * as host from "./host.ts";
import { planBackward, planForward } from "./plan.ts";

// WGSL binds tensors by name, so that the columns and the gradient of out are named as conv2d's kernels know them:
// `source`, `destination`, `x` and `dOut`. `bias` is bound even where there is none and not read then.
const forwardKernel = defineKernel({
  name: "deform_conv2d",
  signature: {
    input: "f32",
    offsets: "f32",
    cells: "i32",
    taps: "u32",
    columns: "f32",
    source: "f32",
    weight: "f32",
    bias: "f32",
    destination: "f32",
  },
  host: ({ input, offsets, weight, bias, destination }, p: host.ForwardParams) =>
    host.forward({ input, offsets, weight, bias, out: destination }, p),
  wgsl: planForward,
});

const backwardKernel = defineKernel({
  name: "deform_conv2d_backward",
  signature: {
    input: "f32",
    offsets: "f32",
    cells: "i32",
    taps: "u32",
    heads: "u32",
    columns: "f32",
    destination: "f32",
    x: "f32",
    source: "f32",
    dOut: "f32",
    weight: "f32",
    bias: "f32",
    dInput: "f32",
    dOffsets: "f32",
    partial: "f32",
  },
  host: (arrays, p: host.BackwardParams) =>
    host.backward({ ...arrays, dWeight: arrays.partial }, p),
  wgsl: planBackward,
});

/** Tensors of {@link deformConv2d} besides its input. */
export interface DeformConv2dTensors {
  /** f32 `[N, Ho, Wo, G·K·2]`, or `G·K·3` where modulated. */
  readonly offsets: Tensor;
  /** f32 `[kh, kw, C / groups, O]`. */
  readonly weight: Tensor;
  /** f32 `[O]`; none where absent. */
  readonly bias?: Tensor;
}

/**
 * Convolves x at places and with masks of its own for every output pixel.
 * @param x f32 `[N, H, W, C]`; N may be 0
 * @param window as {@link Conv2dOptions} without the ReLU; `modulated` says that offsets hold masks (v2);
 * `deformGroups` groups of input channels (1 where absent) have offsets of their own
 * @returns f32 `[N, Ho, Wo, O]`, Ho = floor((H + 2·padding − dilation·(kh − 1) − 1) / stride) + 1
 * @throws RangeError where the shapes do not fit each other
 */
export function deformConv2d(
  x: Tensor,
  tensors: DeformConv2dTensors,
  window: DeformWindow,
): Tensor {
  const { offsets, weight, bias } = tensors;
  const geometry = deformGeometryOf(
    { x: x.shape, offsets: offsets.shape, weight: weight.shape },
    window,
  );
  if (bias) expectShape(bias, [geometry.o], "the bias of deformConv2d");
  const out = empty(x.device, [geometry.n, geometry.ho, geometry.wo, geometry.o]);
  const parts = out.size > 0 ? outputParts(geometry, x.device.info) : [];
  const call: Call = { x, ...tensors, geometry: { ...geometry, parts } };
  if (out.size > 0) launchForward(call, out);
  differentiable({
    inputs: bias ? [x, offsets, weight, bias] : [x, offsets, weight],
    outputs: [out],
    saved: [x, offsets, weight],
    backward: ([dOut], [input = false, offsets = false, weight = false, needsBias]) => [
      ...gradients(call, dOut!, { input, offsets, weight }),
      needsBias ? columnSums(dOut!, bias!.shape) : undefined,
    ],
  });
  return out;
}

/** One call: what its gradients depend on. */
interface Call extends DeformConv2dTensors {
  readonly x: Tensor;
  readonly geometry: host.PartedGeometry;
}

function launchForward({ x, offsets, weight, bias, geometry }: Call, out: Tensor): void {
  const shapes = scratchShapes(geometry, geometry.parts, x.device);
  const cells = empty(x.device, shapes.cells, "i32"), taps = empty(x.device, shapes.taps, "u32");
  const columns = empty(x.device, shapes.columns);
  launch(
    forwardKernel,
    {
      input: x,
      offsets,
      cells,
      taps,
      columns,
      source: columns,
      weight,
      bias: bias ?? weight,
      destination: out,
    },
    { ...geometry, hasBias: bias !== undefined },
  );
  for (const tensor of [cells, taps, columns]) tensor.release();
}

/** Gradients of input, offsets and weight, where needed. */
function gradients(
  { x, offsets, weight, geometry }: Call,
  dOut: Tensor,
  needs: host.BackwardParams["needs"],
): (Tensor | undefined)[] {
  const { device } = x;
  const wanted = [needs.input, needs.offsets, needs.weight];
  if (dOut.size === 0) {
    return [x, offsets, weight].map(({ shape }, i) =>
      wanted[i] ? full(device, shape, 0) : undefined
    );
  }
  const [part] = geometry.parts;
  const splits = part && device.info.kind !== "cpu"
    ? splitsOf(columnGeometry(geometry, pixelsOf(geometry, part)), device.info)
    : 1;
  const made = {
    dInput: empty(device, needs.input ? x.shape : [0]),
    dOffsets: empty(device, needs.offsets ? offsets.shape : [0]),
    partial: empty(
      device,
      !needs.weight ? [0] : splits === 1 ? weight.shape : [splits, ...weight.shape],
    ),
  };
  const shapes = scratchShapes(geometry, geometry.parts, device);
  const taps = empty(device, shapes.taps, "u32"), heads = empty(device, shapes.heads, "u32");
  const cells = empty(device, shapes.cells, "i32"), columns = empty(device, shapes.columns);
  launch(
    backwardKernel,
    {
      input: x,
      offsets,
      cells,
      taps,
      heads,
      columns,
      destination: columns,
      x: columns,
      source: dOut,
      dOut,
      weight,
      bias: weight,
      ...made,
    },
    { ...geometry, needs, splits },
  );
  for (const tensor of [cells, taps, columns, heads]) tensor.release();
  // The tape drops those that nobody needs.
  return [
    made.dInput,
    made.dOffsets,
    !needs.weight || splits === 1 ? made.partial : columnSums(made.partial, weight.shape),
  ];
}
