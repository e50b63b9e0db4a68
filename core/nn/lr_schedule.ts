/** Learning rate of an iteration: warm-up, then steps. */

/** What a warm-up multi-step schedule depends on. */
export interface LrSchedule {
  readonly baseLr: number;
  /** Positions, ascending, from which the rate is multiplied by gamma once more. */
  readonly steps: readonly number[];
  readonly gamma: number;
  readonly warmupFactor: number;
  readonly warmupIters: number;
  readonly warmupMethod: "linear" | "constant";
}

/**
 * The learning rate of 1-based `iteration`, which runs at schedule position `iteration − 1`, as the
 * original under its pinned PyTorch 1.0.1 (`WarmupMultiStepLR`).
 */
export function learningRate(schedule: LrSchedule, iteration: number): number {
  const position = iteration - 1;
  const drops = schedule.steps.filter((step) => step <= position).length;
  return schedule.baseLr * warmup(schedule, position) * schedule.gamma ** drops;
}

function warmup({ warmupFactor, warmupIters, warmupMethod }: LrSchedule, position: number): number {
  if (position >= warmupIters) return 1;
  if (warmupMethod === "constant") return warmupFactor;
  const alpha = position / warmupIters;
  return warmupFactor * (1 - alpha) + alpha;
}
