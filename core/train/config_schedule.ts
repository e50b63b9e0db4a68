/** The schedule that a run follows, scaled to its batch. @module */
import { UsageError } from "../runtime/errors.ts";
import type { Config } from "./config_types.ts";

/** When a run drops its learning rate, saves and ends; iterations are this run's own. */
export interface Schedule {
  /** Images of one iteration. */
  readonly imagesPerIteration: number;
  /** IMS_PER_BATCH / IMS_PER_GPU: how many times smaller this run's batch is (1: not scaled). */
  readonly scale: number;
  /** Learning rate after the warm-up, before the first drop. */
  readonly baseLr: number;
  /** Iterations at which the rate is multiplied by `gamma`. */
  readonly steps: readonly number[];
  readonly maxIter: number;
  readonly gamma: number;
  readonly warmupIters: number;
  readonly warmupFactor: number;
  readonly warmupMethod: Config["SOLVER"]["WARMUP_METHOD"];
  readonly checkpointPeriod: number;
}

/**
 * The linear scaling rule of the original's README family (maskrcnn-benchmark): a batch k times
 * smaller than IMS_PER_BATCH takes BASE_LR / k, STEPS × k and MAX_ITER × k, so that as many images
 * are seen; WARMUP_ITERS, CHECKPOINT_PERIOD and ITERATION_COUNT stay.
 *
 * @throws UsageError where IMS_PER_BATCH is no multiple of IMS_PER_GPU.
 */
export function resolveSchedule({ SOLVER }: Config): Schedule {
  const scale = SOLVER.IMS_PER_BATCH / SOLVER.IMS_PER_GPU;
  if (!Number.isInteger(scale)) {
    throw new UsageError(
      `SOLVER.IMS_PER_GPU: expected a divisor of SOLVER.IMS_PER_BATCH (${SOLVER.IMS_PER_BATCH}), ` +
        `received ${SOLVER.IMS_PER_GPU}.`,
    );
  }
  return {
    imagesPerIteration: SOLVER.IMS_PER_GPU,
    scale,
    baseLr: SOLVER.BASE_LR / scale,
    steps: SOLVER.STEPS.map((step) => step * scale),
    maxIter: SOLVER.MAX_ITER * scale,
    gamma: SOLVER.GAMMA,
    warmupIters: SOLVER.WARMUP_ITERS,
    warmupFactor: SOLVER.WARMUP_FACTOR,
    warmupMethod: SOLVER.WARMUP_METHOD,
    checkpointPeriod: SOLVER.CHECKPOINT_PERIOD,
  };
}
