/** SGD with momentum over typed arrays. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

/** Numbers of one weight's step. */
interface StepParams {
  readonly size: number;
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** Numbers of the steps of two weights; the second's size is 0 where there is none. */
export interface SgdParams extends StepParams {
  readonly size2: number;
  readonly learningRate2: number;
  readonly weightDecay2: number;
}

type Arrays<Names extends string> = Record<Names, FloatArray>;

/** The steps of both weights. */
export function stepTwo(
  arrays: Arrays<
    "weight" | "velocity" | "gradient" | "weight2" | "velocity2" | "gradient2" | "state"
  >,
  { size2, learningRate2, weightDecay2, ...params }: SgdParams,
): void {
  const { weight2, velocity2, gradient2, state } = arrays;
  step(arrays, params);
  if (size2 === 0) return;
  const second = { size: size2, learningRate: learningRate2, weightDecay: weightDecay2 };
  step({ weight: weight2, velocity: velocity2, gradient: gradient2, state }, {
    ...params,
    ...second,
  });
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
function step(
  { weight, velocity, gradient, state }: Arrays<"weight" | "velocity" | "gradient" | "state">,
  { size, learningRate, momentum, weightDecay }: StepParams,
): void {
  const arrays = { weight, velocity, gradient, state };
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
