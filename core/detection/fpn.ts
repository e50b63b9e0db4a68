/** Feature pyramid over the body's stages (the original's `det_opr/fpn/fpn.py`). */
import { maxPool, upsampleAdd } from "../../kernels/mod.ts";
import { Conv2d } from "../nn/conv.ts";
import type { StateScope } from "../nn/state.ts";
import type { Tensor } from "../runtime/mod.ts";

/** What an {@link Fpn} is made of. */
export interface FpnOptions {
  /** Channels of the stages, finest first. */
  readonly inChannels: readonly number[];
  readonly outChannels: number;
  /** ReLU after every convolution of the pyramid. */
  readonly useRelu: boolean;
}

/** Stage outputs, finest first → P2…P5 of equal channels, and P6: P5 at every second pixel. */
export class Fpn {
  readonly #inner: readonly Conv2d[];
  readonly #layer: readonly Conv2d[];
  readonly #useRelu: boolean;

  constructor(scope: StateScope, { inChannels, outChannels, useRelu }: FpnOptions) {
    this.#useRelu = useRelu;
    // With a ReLU the original's convolution is the first of a sequence, whose members have numbers.
    const layerScope = (name: string) => useRelu ? scope.child(name).child("0") : scope.child(name);
    this.#inner = inChannels.map((channels, i) =>
      new Conv2d(layerScope(`fpn_inner${i + 1}`), { inChannels: channels, outChannels, kernel: 1 })
    );
    this.#layer = inChannels.map((_, i) =>
      new Conv2d(layerScope(`fpn_layer${i + 1}`), {
        inChannels: outChannels,
        outChannels,
        kernel: 3,
        padding: 1,
      })
    );
  }

  apply(stages: readonly Tensor[]): Tensor[] {
    const outputs: Tensor[] = [];
    let top: Tensor | undefined;
    for (let i = stages.length - 1; i >= 0; i--) {
      const lateral = this.#conv(this.#inner[i]!, stages[i]!);
      top = top ? upsampleAdd(top, lateral) : lateral;
      outputs.unshift(this.#conv(this.#layer[i]!, top));
    }
    const coarsest = outputs.at(-1)!;
    return [...outputs, maxPool(coarsest, { kernel: 1, stride: 2, padding: 0 })];
  }

  #conv(conv: Conv2d, x: Tensor): Tensor {
    return conv.apply(x, { relu: this.#useRelu });
  }
}
