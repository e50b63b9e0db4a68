/** Listens to the layers of a model as they run: their names, shapes, parameters and arithmetic. */
import { isRecomputing, type Shape, type Tensor } from "../runtime/mod.ts";

/** One call of a layer. */
export interface LayerCall {
  /** The name that its parameters begin with. */
  readonly name: string;
  /** Such as `conv 3×3 /2`. */
  readonly kind: string;
  readonly input: Shape;
  readonly output: Shape;
  readonly parameters: number;
  /** Floating-point operations of the forward pass: a multiplication and an addition are two. */
  readonly flops: number;
}

let listener: ((call: LayerCall) => void) | undefined;

/** Runs `body` and returns the calls of layers in it, in order. */
export function traceLayers(body: () => void): LayerCall[] {
  const calls: LayerCall[] = [];
  const before = listener;
  listener = (call) => calls.push(call);
  try {
    body();
  } finally {
    listener = before;
  }
  return calls;
}

/** Tells the listener, if any, of a layer's call, but not of its repetition for gradients; returns the output. */
export function traced(
  output: Tensor,
  input: Tensor,
  layer: Pick<LayerCall, "name" | "kind" | "parameters" | "flops">,
): Tensor {
  if (!isRecomputing()) listener?.({ ...layer, input: input.shape, output: output.shape });
  return output;
}
