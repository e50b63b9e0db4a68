/** ResNet body: a stem and four stages of bottleneck blocks (the original's `basemodels/resnet.py`). */
import { maxPool } from "../../kernels/mod.ts";
import { Conv2d } from "../nn/conv.ts";
import { DeformConv2d, type DeformConv2dOptions } from "../nn/deform_conv.ts";
import { FrozenBatchNorm, GroupNorm, type Norm, type NormFactory } from "../nn/norm.ts";
import type { StateScope } from "../nn/state.ts";
import { recompute, scope as memoryScope, type Tensor } from "../runtime/mod.ts";
import type { ModelOptions } from "./options.ts";

const BLOCKS = {
  "R-50-FPN": [3, 4, 6, 3],
  "R-101-FPN": [3, 4, 23, 3],
  "R-152-FPN": [3, 8, 36, 3],
} as const;

/** `[N, H, W, 3]` → the outputs of the four stages, at strides 4, 8, 16 and 32. */
export class ResNet {
  readonly #stem: Stem;
  readonly #stages: readonly (readonly Bottleneck[])[];
  readonly #recompute: boolean;
  /** Channels of each stage's output. */
  readonly channels: readonly number[];

  constructor(scope: StateScope, options: ModelOptions) {
    const { RESNETS, BACKBONE } = options;
    const frozen = BACKBONE.FREEZE_CONV_BODY_AT;
    this.#recompute = BACKBONE.RECOMPUTE;
    const norm = normFactory(options, RESNETS.TRANS_FUNC.endsWith("GN"));
    const blocks = RESNETS.STAGE_BLOCKS ?? BLOCKS[BACKBONE.CONV_BODY];
    this.#stem = new Stem(scope.child("stem", { frozen: frozen >= 1 }), {
      channels: RESNETS.STEM_OUT_CHANNELS,
      norm: normFactory(options, RESNETS.STEM_FUNC.endsWith("GN")),
    });
    this.channels = [1, 2, 4, 8].map((factor) => RESNETS.RES2_OUT_CHANNELS * factor);
    this.#stages = this.channels.map((outChannels, stage) => {
      const stageScope = scope.child(`layer${stage + 1}`, { frozen: frozen >= stage + 2 });
      return Array.from(
        { length: blocks[stage]! },
        (_, block) =>
          new Bottleneck(stageScope.child(`${block}`), {
            inChannels: block > 0
              ? outChannels
              : stage === 0
              ? RESNETS.STEM_OUT_CHANNELS
              : this.channels[stage - 1]!,
            middleChannels: RESNETS.NUM_GROUPS * RESNETS.WIDTH_PER_GROUP * 2 ** stage,
            outChannels,
            groups: RESNETS.NUM_GROUPS,
            stride: block === 0 && stage > 0 ? 2 : 1,
            strideIn1x1: RESNETS.STRIDE_IN_1X1,
            deformable: RESNETS.STAGE_WITH_DCN[stage]
              ? {
                modulated: RESNETS.WITH_MODULATED_DCN,
                deformGroups: RESNETS.DEFORMABLE_GROUPS,
              }
              : undefined,
            norm,
          }),
      );
    });
  }

  apply(images: Tensor): Tensor[] {
    const outputs: Tensor[] = [];
    let x = memoryScope(() => this.#stem.apply(images));
    for (const blocks of this.#stages) {
      const input = x;
      const stage = () =>
        memoryScope(() => blocks.reduce((x, block) => memoryScope(() => block.apply(x)), input));
      x = this.#recompute ? recompute([input], stage) : stage();
      outputs.push(x);
    }
    return outputs;
  }
}

function normFactory({ GROUP_NORM }: ModelOptions, group: boolean): NormFactory {
  if (!group) return (scope, channels) => new FrozenBatchNorm(scope, channels);
  return (scope, channels) =>
    new GroupNorm(scope, channels, {
      channelsPerGroup: GROUP_NORM.DIM_PER_GP,
      groups: GROUP_NORM.NUM_GROUPS,
      epsilon: GROUP_NORM.EPSILON,
    });
}

/** 7×7 convolution of stride 2, norm, ReLU, 3×3 max pool of stride 2. */
class Stem {
  readonly #conv1: Conv2d;
  readonly #bn1: Norm;

  constructor(scope: StateScope, { channels, norm }: { channels: number; norm: NormFactory }) {
    this.#conv1 = new Conv2d(scope.child("conv1"), {
      inChannels: 3,
      outChannels: channels,
      kernel: 7,
      stride: 2,
      padding: 3,
      bias: false,
    });
    this.#bn1 = norm(scope.child("bn1"), channels);
  }

  apply(x: Tensor): Tensor {
    const activated = this.#bn1.apply(this.#conv1.apply(x), { relu: true });
    return maxPool(activated, { kernel: 3, stride: 2, padding: 1 });
  }
}

interface BottleneckOptions {
  readonly inChannels: number;
  readonly middleChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly stride: number;
  /** True: the first 1×1 convolution strides (Caffe2's models); false: the 3×3 one. */
  readonly strideIn1x1: boolean;
  /** Present where the 3×3 convolution is deformable. */
  readonly deformable?: Pick<DeformConv2dOptions, "modulated" | "deformGroups">;
  readonly norm: NormFactory;
}

/** 1×1, 3×3, 1×1 convolutions, each normalised, and a shortcut that is projected where channels change. */
class Bottleneck {
  readonly #convolutions: readonly [Conv2d, Conv2d | DeformConv2d, Conv2d];
  readonly #norms: readonly [Norm, Norm, Norm];
  readonly #downsample: { conv: Conv2d; norm: Norm } | undefined;

  constructor(scope: StateScope, options: BottleneckOptions) {
    const { inChannels, middleChannels, outChannels, stride, strideIn1x1, norm } = options;
    const shared = { bias: false } as const;
    if (inChannels !== outChannels) {
      const downsample = scope.child("downsample");
      this.#downsample = {
        conv: new Conv2d(downsample.child("0"), {
          ...shared,
          inChannels,
          outChannels,
          kernel: 1,
          stride,
        }),
        norm: norm(downsample.child("1"), outChannels),
      };
    }
    const [stride1, stride3] = strideIn1x1 ? [stride, 1] : [1, stride];
    this.#convolutions = [
      new Conv2d(scope.child("conv1"), {
        ...shared,
        inChannels,
        outChannels: middleChannels,
        kernel: 1,
        stride: stride1,
      }),
      middleConvolution(scope.child("conv2"), options, stride3),
      new Conv2d(scope.child("conv3"), {
        ...shared,
        inChannels: middleChannels,
        outChannels,
        kernel: 1,
      }),
    ];
    this.#norms = [
      norm(scope.child("bn1"), middleChannels),
      norm(scope.child("bn2"), middleChannels),
      norm(scope.child("bn3"), outChannels),
    ];
  }

  apply(x: Tensor): Tensor {
    const [conv1, conv2, conv3] = this.#convolutions;
    const [bn1, bn2, bn3] = this.#norms;
    const first = bn1.apply(conv1.apply(x), { relu: true });
    const second = bn2.apply(conv2.apply(first), { relu: true });
    const residual = this.#downsample
      ? this.#downsample.norm.apply(this.#downsample.conv.apply(x))
      : x;
    return bn3.apply(conv3.apply(second), { residual, relu: true });
  }
}

/** A block's 3×3 convolution. */
function middleConvolution(
  scope: StateScope,
  { middleChannels, groups, deformable }: BottleneckOptions,
  stride: number,
): Conv2d | DeformConv2d {
  const options = {
    inChannels: middleChannels,
    outChannels: middleChannels,
    kernel: 3,
    stride,
    groups,
  };
  return deformable
    ? new DeformConv2d(scope, { ...options, ...deformable })
    : new Conv2d(scope, { ...options, padding: 1, bias: false });
}
