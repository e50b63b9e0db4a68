/**
 * Reverse-mode differentiation: operators write what they did on a tape, {@link backward} walks it in
 * reverse. Memory that an operator's gradient needs is held by the tape and freed as the walk passes it.
 * @module
 */
import { addInto, full, sumOf } from "./elementary/mod.ts";
import { handOver, scope } from "./scope.ts";
import { formatShape, sameShape, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What an operator tells the tape. */
export interface Differentiable {
  /** Tensors that gradients flow to. */
  readonly inputs: readonly Tensor[];
  /** Tensors that gradients come from. */
  readonly outputs: readonly Tensor[];
  /** Tensors that {@link backward} reads: held until it has run. */
  readonly saved: readonly Tensor[];
  /**
   * Gradients of the inputs, from those of the outputs (zeros where an output was not used); `undefined`
   * where `needs` says that nobody asks. Every result is *assigned*, never added: the tape adds.
   */
  backward(dOutputs: readonly Tensor[], needs: readonly boolean[]): readonly (Tensor | undefined)[];
}

/** What the tape knows of a tensor that it does not hold. */
interface Known {
  readonly id: number;
  readonly shape: Shape;
}

interface Entry {
  readonly inputs: readonly Known[];
  readonly needs: readonly boolean[];
  readonly outputs: readonly Known[];
  readonly device: Tensor["device"];
  readonly saved: readonly Tensor[];
  readonly backward: Differentiable["backward"];
}

/** A record of differentiable operators. Use it once, or {@link Tape.discard} it. */
export class Tape {
  readonly entries: Entry[] = [];

  /** Frees what the tape holds, without walking it. */
  discard(): void {
    for (const entry of this.entries.splice(0)) for (const tensor of entry.saved) tensor.release();
  }
}

let active: Tape | undefined;

/** Runs `body` with a tape that records operators whose inputs need gradients. @throws TypeError for an async body. */
export function record<R>(body: () => R): { result: R; tape: Tape } {
  const tape = new Tape();
  const result = withTape(tape, body, () => tape.discard());
  return { result, tape };
}

/** Runs `body` without recording. */
export function noGrad<R>(body: () => R): R {
  return withTape(undefined, body, () => {});
}

function withTape<R>(tape: Tape | undefined, body: () => R, failed: () => void): R {
  const before = active;
  active = tape;
  try {
    const result = body();
    if (result instanceof Promise) {
      result.catch(() => {}); // This error is the one to tell.
      throw new TypeError(
        "Cannot record an async function as other work would run between its parts",
      );
    }
    return result;
  } catch (error) {
    failed();
    throw error;
  } finally {
    active = before;
  }
}

/** Writes an operator on the active tape, if any and if an input needs a gradient. */
export function differentiable(op: Differentiable): void {
  const needs = op.inputs.map((tensor) => tensor.requiresGrad);
  if (!active || !needs.includes(true)) return;
  for (const output of op.outputs) output.requiresGrad = true;
  const first = op.outputs[0] ?? op.inputs[0]!;
  active.entries.push({
    inputs: op.inputs.map(({ id, shape }) => ({ id, shape })),
    needs,
    outputs: op.outputs.map(({ id, shape }) => ({ id, shape })),
    device: first.device,
    saved: op.saved.map((tensor) => tensor.retain()),
    backward: op.backward,
  });
}

/** Gradients by the id of the tensor that they belong to. */
export type Gradients = ReadonlyMap<number, Tensor>;

/**
 * Gradients of the sum of `losses` (f32 scalars) for the leaves of the tape: tensors with
 * `requiresGrad` that no recorded operator made. They belong to the scope that calls this.
 */
export function backward(tape: Tape, losses: readonly Tensor[]): Gradients {
  return scope(() =>
    backwardFrom(
      tape,
      losses.map((loss) => ({ output: loss, gradient: full(loss.device, loss.shape, 1) })),
    )
  );
}

/**
 * {@link backward} from given gradients of some outputs (each of its output's shape). The tape is empty
 * afterwards, also where this throws.
 */
export function backwardFrom(
  tape: Tape,
  seeds: readonly { output: Tensor; gradient: Tensor }[],
): Gradients {
  const gradients = new Map<number, Tensor>();
  try {
    for (const { output, gradient } of seeds) accumulate(gradients, output, gradient);
    for (let entry = tape.entries.pop(); entry; entry = tape.entries.pop()) {
      try {
        walk(entry, gradients);
      } finally {
        for (const tensor of entry.saved) tensor.release();
      }
    }
  } catch (error) {
    tape.discard();
    for (const gradient of gradients.values()) gradient.release();
    throw error;
  }
  for (const gradient of gradients.values()) handOver(gradient);
  return gradients;
}

function walk(entry: Entry, gradients: Map<number, Tensor>): void {
  const held = entry.outputs.map(({ id }) => gradients.get(id));
  if (held.every((gradient) => gradient === undefined)) return;
  for (const { id } of entry.outputs) gradients.delete(id);
  try {
    scope(() => {
      const dOutputs = held.map((gradient, i) =>
        gradient ?? full(entry.device, entry.outputs[i]!.shape, 0)
      );
      const dInputs = entry.backward(dOutputs, entry.needs);
      entry.inputs.forEach((input, i) => {
        const dInput = dInputs[i];
        if (entry.needs[i] && dInput) accumulate(gradients, input, dInput);
      });
    });
  } finally {
    for (const gradient of held) gradient?.release();
  }
}

/** Adds in place only where nobody else can see the sum: an operator may hand on its output's gradient. */
function accumulate(gradients: Map<number, Tensor>, { id, shape }: Known, gradient: Tensor): void {
  if (!sameShape(shape, gradient.shape) || gradient.dtype !== "f32") {
    throw new TypeError(
      `Cannot use a gradient of shape ${
        formatShape(gradient.shape)
      } and type ${gradient.dtype} as its tensor has shape ${
        formatShape(shape)
      } and gradients are f32`,
    );
  }
  const before = gradients.get(id);
  if (!before) {
    gradients.set(id, gradient.retain());
  } else if (before.isExclusive) {
    addInto(before, gradient);
  } else {
    gradients.set(id, sumOf(before, gradient).retain());
    before.release();
  }
}
