/** A fully connected layer with its weights. */
import { linear } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import { constant, type Initial } from "./initial.ts";
import type { StateScope } from "./state.ts";
import { traced } from "./trace.ts";

/** What a {@link Linear} is made of. */
export interface LinearOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly initial: Initial;
  /** Where the input is a flattened map: its positions, so that files in NCHW order fit (see layouts.ts). */
  readonly positions?: number;
}

/** `x · weightᵀ + bias`: `weight` (canonical `[out, in]`) and `bias` `[out]`. */
export class Linear {
  readonly #name: string;
  readonly #weight: Tensor;
  readonly #bias: Tensor;

  constructor(scope: StateScope, { inFeatures, outFeatures, initial, positions }: LinearOptions) {
    this.#name = scope.prefix;
    this.#weight = scope.declare("weight", {
      shape: [outFeatures, inFeatures],
      initial,
      layout: positions ? { kind: "pooled_linear", positions } : { kind: "linear" },
    });
    this.#bias = scope.declare("bias", { shape: [outFeatures], initial: constant(0) });
  }

  /** `[M, in]` → `[M, out]`, with ReLU where asked. */
  apply(x: Tensor, options: { relu?: boolean } = {}): Tensor {
    const out = linear(x, this.#weight, this.#bias, options);
    return traced(out, x, {
      name: this.#name,
      kind: "linear",
      parameters: this.#weight.size + this.#bias.size,
      flops: 2 * x.size * this.#bias.size,
    });
  }
}
