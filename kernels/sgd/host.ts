/** SGD with momentum over typed arrays. */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

/** Numbers of the steps of some weights. */
export interface SgdParams {
  /** Elements of each weight. */
  readonly sizes: readonly number[];
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** What one weight's step reads and writes. */
type Arrays = Record<"weight" | "velocity" | "gradient" | "state", FloatArray>;

/** The steps of all weights, whose arrays' names end in their number. */
export function steps(
  { state, ...arrays }: { readonly state: FloatArray } & Readonly<Record<string, FloatArray>>,
  { sizes, ...rates }: SgdParams,
): void {
  if (state[2] !== 0) return;
  sizes.forEach((size, n) => {
    const weight = arrays[`weight${n}`]!, velocity = arrays[`velocity${n}`]!;
    step({ weight, velocity, gradient: arrays[`gradient${n}`]!, state }, { size, ...rates });
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
  { weight, velocity, gradient, state }: Arrays,
  { size, learningRate, momentum, weightDecay }: Omit<SgdParams, "sizes"> & { size: number },
): void {
  const arrays = { weight, velocity, gradient, state };
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
