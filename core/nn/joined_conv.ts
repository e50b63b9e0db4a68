/** Two convolution layers of the same input, computed as one. */
import { conv2d, joinOutputs, type WeightAndBias } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import { constant, type Initial } from "./initial.ts";
import type { StateScope } from "./state.ts";
import { traced } from "./trace.ts";

/** What a {@link JoinedConv2d} is made of. */
export interface JoinedConv2dOptions {
  readonly inChannels: number;
  /** Of the weights; biases begin at 0. */
  readonly initial: Initial;
}

/** One of the two layers. */
export interface JoinedLayer {
  readonly scope: StateScope;
  readonly outChannels: number;
}

/**
 * Two 1×1 convolutions over NHWC. Each has a `weight` (canonical `[O, I, 1, 1]`) and `bias` `[O]` of its own below its
 * scope, as if it were alone; what they compute is one tensor.
 */
export class JoinedConv2d {
  readonly #name: string;
  readonly #layers: readonly [WeightAndBias, WeightAndBias];

  /** Declares the parameters of `layers` in the order of `layers`. */
  constructor(
    layers: readonly [JoinedLayer, JoinedLayer],
    { inChannels, initial }: JoinedConv2dOptions,
  ) {
    const [a, b] = layers;
    this.#name = `${a.scope.prefix} + ${b.scope.prefix}`;
    const declare = ({ scope, outChannels }: JoinedLayer): WeightAndBias => ({
      weight: scope.declare("weight", {
        shape: [outChannels, inChannels, 1, 1],
        initial,
        layout: { kind: "conv" },
      }),
      bias: scope.declare("bias", { shape: [outChannels], initial: constant(0) }),
    });
    this.#layers = [declare(a), declare(b)];
  }

  /**
   * Outputs for maps of any sizes.
   * @param maps f32 `[N, H, W, inChannels]` each
   * @returns f32 `[N, H, W, O]` each: outputs of the second layer, then of the first, then zeros, O a multiple of 4
   */
  apply(maps: readonly Tensor[]): Tensor[] {
    const [first, second] = this.#layers;
    const { weight, bias } = joinOutputs(second, first);
    const parameters = [first, second].reduce(
      (sum, { weight, bias }) => sum + weight.size + bias.size,
      0,
    );
    return maps.map((map) => {
      const out = conv2d(map, weight, bias);
      const flops = 2 * out.size * map.shape[3]!;
      return traced(out, map, { name: this.#name, kind: "conv 1×1", parameters, flops });
    });
  }
}
