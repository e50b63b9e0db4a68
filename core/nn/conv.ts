/** A convolution layer with its weights. */
import { conv2d } from "../../kernels/mod.ts";
import type { Tensor } from "../runtime/mod.ts";
import { constant, type Initial, kaimingUniform } from "./initial.ts";
import type { StateScope } from "./state.ts";
import { traced } from "./trace.ts";

/** What a {@link Conv2d} is made of. */
export interface Conv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  /** True where absent. */
  readonly bias?: boolean;
  /** Kaiming uniform (a = 1) where absent. */
  readonly initial?: Initial;
}

/** 2-D convolution over NHWC: `weight` (canonical `[O, I/groups, k, k]`) and, with bias, `bias` `[O]`. */
export class Conv2d {
  readonly #name: string;
  readonly #options: Conv2dOptions;
  readonly #weight: Tensor;
  readonly #bias: Tensor | undefined;

  constructor(scope: StateScope, options: Conv2dOptions) {
    const { inChannels, outChannels, kernel, groups = 1, bias = true } = options;
    this.#name = scope.prefix;
    this.#options = options;
    this.#weight = scope.declare("weight", {
      shape: [outChannels, inChannels / groups, kernel, kernel],
      initial: options.initial ?? kaimingUniform(),
      layout: { kind: "conv" },
    });
    if (bias) this.#bias = scope.declare("bias", { shape: [outChannels], initial: constant(0) });
  }

  /** `[N, H, W, inChannels]` → `[N, H', W', outChannels]`, with ReLU where asked. */
  apply(x: Tensor, options: { relu?: boolean } = {}): Tensor {
    const { kernel, stride = 1, padding = 0, dilation = 1, groups = 1, outChannels } =
      this.#options;
    const window = { stride, padding, dilation, groups };
    const out = conv2d(x, this.#weight, this.#bias, { ...window, relu: options.relu });
    return traced(out, x, {
      name: this.#name,
      kind: `conv ${kernel}×${kernel}${stride > 1 ? ` /${stride}` : ""}`,
      parameters: this.#weight.size + (this.#bias?.size ?? 0),
      flops: 2 * out.size * (this.#weight.size / outChannels),
    });
  }
}
