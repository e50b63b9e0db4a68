/** The same training step again and again, which leaves the weights as they are: for timing it. */
import type { Batch } from "../data/mod.ts";
import type { DynamicRcnn } from "../detection/dynamic_rcnn.ts";
import type { Criteria } from "../detection/roi_head.ts";
import type { Sgd } from "../nn/sgd.ts";
import type { Device } from "../runtime/mod.ts";
import type { Config } from "./config.ts";
import { makeOptimizer } from "./trainer.ts";
import { type LaunchedStep, launchStep } from "./training_step.ts";

/** A whole training step, optimizer included, on one batch at learning rate 0. */
export class RepeatedStep {
  readonly #context: { model: DynamicRcnn; device: Device; config: Config; optimizer: Sgd };
  readonly #batch: Batch;
  readonly #inspected: { readonly criteria: Criteria; readonly sampling: "first" | "random" };

  constructor(
    context: { model: DynamicRcnn; device: Device; config: Config },
    batch: Batch,
    inspected: { readonly criteria: Criteria; readonly sampling: "first" | "random" },
  ) {
    this.#context = { ...context, optimizer: makeOptimizer(context.model, context.config) };
    this.#batch = batch;
    this.#inspected = inspected;
  }

  /**
   * Launches the step.
   * @throws DeviceError on any GPU error met so far
   */
  launch(): LaunchedStep {
    const { criteria, sampling } = this.#inspected;
    return launchStep(this.#context, this.#batch, {
      criteria,
      sampling: { mode: sampling, seed: this.#context.config.SEED, iteration: 1 },
      lr: 0,
    });
  }

  /** Frees the momentum. */
  [Symbol.dispose](): void {
    this.#context.optimizer.close();
  }
}
