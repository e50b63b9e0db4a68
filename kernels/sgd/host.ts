/** SGD with momentum over typed arrays. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

/** Numbers of one step. */
export interface SgdParams {
  readonly size: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

const { add, multiply, subtract } = lanes;

const stepByVectors = vectorLoop({
  streams: ["weight", "velocity", "gradient"],
  tables: ["clip", "decay", "momentum", "rate"],
  outputs: ({ weight, velocity, gradient, clip, decay, momentum, rate }) => {
    const change = add(multiply(gradient, clip), multiply(decay, weight));
    // The weight comes second: it reads the velocity that was just written.
    return {
      velocity: add(multiply(momentum, velocity), change),
      weight: subtract(weight, multiply(rate, velocity)),
    };
  },
});

/** velocity = momentum·velocity + (gradient·clip + weightDecay·weight); weight −= learningRate·velocity. */
export function step(
  arrays: Record<"weight" | "velocity" | "gradient" | "state", FloatArray>,
  { size, learningRate, momentum, weightDecay }: SgdParams,
): void {
  const { weight, velocity, gradient, state } = arrays;
  if (state[2] !== 0) return;
  const clip = state[1]!;
  if (suitsVectors(arrays, { size })) {
    const factors = {
      clip: Float32Array.of(clip),
      decay: Float32Array.of(weightDecay),
      momentum: Float32Array.of(momentum),
      rate: Float32Array.of(learningRate),
    };
    return stepByVectors({ ...arrays, ...factors }, { end: size });
  }
  for (let i = 0; i < size; i++) {
    const change = gradient[i]! * clip + weightDecay * weight[i]!;
    const next = momentum * velocity[i]! + change;
    velocity[i] = next;
    weight[i]! -= learningRate * next;
  }
}
