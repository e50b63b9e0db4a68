/** Stochastic gradient descent with momentum, as PyTorch's, with the original's treatment of biases. */
import { gradientNorm, sgdSteps } from "../../kernels/mod.ts";
import { full, type Gradients, keep, scope, type Tensor } from "../runtime/mod.ts";
import type { ModelState, StateEntry } from "./state.ts";
import { toMemory } from "./layouts.ts";

/** How weights change. */
export interface SgdOptions {
  readonly momentum: number;
  readonly weightDecay: number;
  /** Factor of the learning rate of parameters with "bias" in their name. */
  readonly biasLrFactor: number;
  readonly weightDecayBias: number;
  /** Largest L2 norm of all gradients together; 0 leaves them as they are. */
  readonly clipNorm: number;
}

/** What is updated, and how: the same in every step. */
interface Parameter {
  readonly weight: Tensor;
  readonly velocity: Tensor;
  /** Of the learning rate. */
  readonly rateFactor: number;
  readonly weightDecay: number;
}

/** Updates the trainable parameters of a model. Momentum is not corrected when the rate changes. */
export class Sgd {
  readonly #state: ModelState;
  readonly #options: SgdOptions;
  readonly #momentum: ReadonlyMap<string, Tensor>;
  readonly #parameters: readonly Parameter[];

  constructor(state: ModelState, options: SgdOptions) {
    this.#state = state;
    this.#options = options;
    this.#momentum = scope(() =>
      new Map(
        state.trainable().map(({ name, tensor }) => [
          name,
          keep(full(state.device, tensor.shape, 0)),
        ]),
      )
    );
    this.#parameters = state.trainable().map((entry) => {
      const isBias = entry.name.includes("bias");
      return {
        weight: entry.tensor,
        velocity: this.#velocity(entry),
        rateFactor: isBias ? options.biasLrFactor : 1,
        weightDecay: isBias ? options.weightDecayBias : options.weightDecay,
      };
    });
  }

  /**
   * One update at learning rate `lr`. Where a gradient or a loss is not finite (found by its bits), all
   * parameters and momenta stay as they are.
   * @returns f32 `[4]` on the device: L2 norm of all gradients, factor that clipping applied, 1 where
   *   something is not finite, 0
   */
  step(gradients: Gradients, { lr, losses }: { lr: number; losses: readonly Tensor[] }): Tensor {
    const updates = this.#parameters.flatMap(({ weight, velocity, rateFactor, weightDecay }) => {
      const gradient = gradients.get(weight.id);
      if (!gradient) return [];
      return [{ weight, gradient, velocity, learningRate: lr * rateFactor, weightDecay }];
    });
    const { clipNorm: maxNorm, momentum } = this.#options;
    const norm = gradientNorm(updates.map(({ gradient }) => gradient), { losses, maxNorm });
    sgdSteps(updates, { state: norm, momentum });
    return norm;
  }

  /** Momentum by parameter, for checkpoints; canonical numbers. */
  sources() {
    return this.#state.trainable().map((entry) => ({
      name: entry.name,
      shape: entry.shape,
      read: async () => (await this.#state.canonical(entry, this.#velocity(entry))).data,
    }));
  }

  /** Overwrites a parameter's momentum with canonical numbers. */
  load(name: string, data: Float32Array<ArrayBuffer>): void {
    const entry = this.#state.get(name);
    if (entry) this.#velocity(entry).write(toMemory(data, entry.shape, entry.layout));
  }

  /** Frees the momentum. */
  close(): void {
    for (const tensor of this.#momentum.values()) tensor.release();
  }

  #velocity({ name }: StateEntry): Tensor {
    const tensor = this.#momentum.get(name);
    if (!tensor) throw new Error(`Cannot find the momentum of ${name}: it is not trainable`);
    return tensor;
  }
}
