/** A deformable convolution layer: an ordinary convolution says where each tap of the other one reads. */
import { deformConv2d } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import { Conv2d } from "./conv.ts";
import { uniform } from "./initial.ts";
import type { StateScope } from "./state.ts";
import { traced } from "./trace.ts";

/** What a {@link DeformConv2d} is made of. */
export interface DeformConv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** Groups of input channels with offsets of their own; 1 where absent. */
  readonly deformGroups?: number;
  /** True for masks besides the offsets (v2). */
  readonly modulated: boolean;
}

/** Per element of the columns: four products and three sums of the bilinear value, and the mask. */
const FLOPS_PER_SAMPLE = 8;

/**
 * Deformable convolution over NHWC, without a bias, the map's size kept but for the stride: `offset.weight`,
 * `offset.bias` and `conv.weight` (the original's `DFConv2d`, `utils/misc.py`). Of the offset convolution's channels
 * the first are (dy, dx) of each tap of each group, the last the masks' logits. As in the original its weights start
 * from Kaiming uniform and not from zero, and those of the other convolution from uniform numbers within
 * 1 / √(inChannels · kernel²). The original takes 18 and 9 channels whatever DEFORMABLE_GROUPS is and so cannot
 * run several modulated groups; ours takes as many as there are groups.
 */
export class DeformConv2d {
  readonly #name: string;
  readonly #options: DeformConv2dOptions;
  readonly #offset: Conv2d;
  readonly #weight: Tensor;

  constructor(scope: StateScope, options: DeformConv2dOptions) {
    const { inChannels, outChannels, kernel, stride, dilation = 1, groups = 1 } = options;
    const { deformGroups = 1, modulated } = options;
    this.#options = options;
    this.#offset = new Conv2d(scope.child("offset"), {
      inChannels,
      outChannels: deformGroups * kernel * kernel * (modulated ? 3 : 2),
      kernel,
      stride,
      padding: samePadding(kernel, dilation),
      dilation,
    });
    const convolution = scope.child("conv");
    this.#name = convolution.prefix;
    this.#weight = convolution.declare("weight", {
      shape: [outChannels, inChannels / groups, kernel, kernel],
      initial: uniform(1 / Math.sqrt(inChannels * kernel * kernel)),
      layout: { kind: "conv" },
    });
  }

  /** `[N, H, W, inChannels]` → `[N, H', W', outChannels]`. */
  apply(x: Tensor): Tensor {
    const { kernel, stride = 1, dilation = 1, groups, deformGroups, modulated } = this.#options;
    const out = deformConv2d(x, { offsets: this.#offset.apply(x), weight: this.#weight }, {
      stride,
      dilation,
      padding: samePadding(kernel, dilation),
      groups,
      deformGroups,
      modulated,
    });
    const { inChannels, outChannels } = this.#options;
    const samples = out.size / outChannels * kernel * kernel * inChannels;
    return traced(out, x, {
      name: this.#name,
      kind: `${modulated ? "modulated " : ""}deformable conv ${kernel}×${kernel}${
        stride > 1 ? ` /${stride}` : ""
      }`,
      parameters: this.#weight.size,
      flops: 2 * out.size * (this.#weight.size / outChannels) + FLOPS_PER_SAMPLE * samples,
    });
  }
}

/** Padding with which a window of odd size keeps a map's size at stride 1. */
function samePadding(kernel: number, dilation: number): number {
  return Math.floor(dilation * (kernel - 1) / 2);
}
