/** SGD with momentum over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Numbers of one step. */
export interface SgdParams {
  readonly size: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** velocity = momentum·velocity + (gradient·clip + weightDecay·weight); weight −= learningRate·velocity. */
export function step(
  { weight, velocity, gradient, state }: Record<
    "weight" | "velocity" | "gradient" | "state",
    FloatArray
  >,
  { size, learningRate, momentum, weightDecay }: SgdParams,
): void {
  if (state[2] !== 0) return;
  const clip = state[1]!;
  for (let i = 0; i < size; i++) {
    const change = gradient[i]! * clip + weightDecay * weight[i]!;
    const next = momentum * velocity[i]! + change;
    velocity[i] = next;
    weight[i]! -= learningRate * next;
  }
}
