/** Normalisation layers of the backbone: frozen batch norm and GroupNorm. */
import { channelAffine, frozenScale, groupNorm } from "../../kernels/mod.ts";
import { empty, keep, type Tensor } from "../runtime/mod.ts";
import { constant } from "./initial.ts";
import type { StateScope } from "./state.ts";
import { traced } from "./trace.ts";

/** What follows a normalisation in the same pass. */
export interface NormEpilogue {
  /** Added after the normalisation, before the ReLU; of the output's shape. */
  readonly residual?: Tensor;
  readonly relu?: boolean;
}

/** A normalisation over `[N, H, W, C]`. */
export interface Norm {
  apply(x: Tensor, epilogue?: NormEpilogue): Tensor;
}

/** Makes the normalisation of `channels` channels below a scope. */
export type NormFactory = (scope: StateScope, channels: number) => Norm;

/**
 * Batch norm whose statistics and affine parameters are buffers: `weight`, `bias`, `running_mean`,
 * `running_var`, applied without an epsilon (the original's `FrozenBatchNorm2d`).
 */
export class FrozenBatchNorm implements Norm {
  readonly #name: string;
  readonly #scale: Tensor;
  readonly #shift: Tensor;

  constructor(scope: StateScope, channels: number) {
    this.#name = scope.prefix;
    const buffer = (name: string, value: number) =>
      scope.declare(name, { shape: [channels], initial: constant(value), kind: "buffer" });
    const tensors = {
      weight: buffer("weight", 1),
      bias: buffer("bias", 0),
      mean: buffer("running_mean", 0),
      variance: buffer("running_var", 1),
      scale: keep(empty(scope.state.device, [channels])),
      shift: keep(empty(scope.state.device, [channels])),
    };
    this.#scale = tensors.scale;
    this.#shift = tensors.shift;
    scope.state.whenLoaded(() => frozenScale(tensors));
  }

  apply(x: Tensor, epilogue: NormEpilogue = {}): Tensor {
    const out = channelAffine(x, { scale: this.#scale, shift: this.#shift, ...epilogue });
    return traced(out, x, {
      name: this.#name,
      kind: "frozen batch norm",
      parameters: 0,
      flops: 2 * x.size,
    });
  }
}

/** Which groups a {@link GroupNorm} of `channels` has: one of the two numbers is −1 (maskrcnn-benchmark). */
export interface GroupNormOptions {
  readonly channelsPerGroup: number;
  readonly groups: number;
  readonly epsilon: number;
}

/** GroupNorm with parameters `weight` and `bias` `[C]`. */
export class GroupNorm implements Norm {
  readonly #name: string;
  readonly #gamma: Tensor;
  readonly #beta: Tensor;
  readonly #options: { groups: number; epsilon: number };

  /** @throws RangeError where the groups do not divide the channels. */
  constructor(scope: StateScope, channels: number, options: GroupNormOptions) {
    const groups = options.channelsPerGroup > 0
      ? channels / options.channelsPerGroup
      : options.groups;
    if (!Number.isInteger(groups) || channels % groups !== 0) {
      throw new RangeError(
        `Cannot normalise ${channels} channels in ${groups} groups: they must divide`,
      );
    }
    this.#name = scope.prefix;
    this.#options = { groups, epsilon: options.epsilon };
    this.#gamma = scope.declare("weight", { shape: [channels], initial: constant(1) });
    this.#beta = scope.declare("bias", { shape: [channels], initial: constant(0) });
  }

  apply(x: Tensor, epilogue: NormEpilogue = {}): Tensor {
    const out = groupNorm(x, {
      gamma: this.#gamma,
      beta: this.#beta,
      ...this.#options,
      ...epilogue,
    });
    return traced(out, x, {
      name: this.#name,
      kind: `group norm of ${this.#options.groups}`,
      parameters: this.#gamma.size + this.#beta.size,
      flops: 8 * x.size,
    });
  }
}
