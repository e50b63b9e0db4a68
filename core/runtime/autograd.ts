/**
 * Reverse-mode differentiation: operators write what they did on a tape, {@link backward} walks it in
 * reverse. Memory that an operator's gradient needs is held by the tape and freed as the walk passes it.
 * @module
 */
import { full } from "./elementary/mod.ts";
import { GradientSums, type Known } from "./gradient_sums.ts";
import { handOver, scope } from "./scope.ts";
import { sameShape } from "./shape.ts";
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
   * `letGo` ends the tape's hold on gradients and saved tensors that the rest of the function does not read, so
   * that what it makes next can have their memory.
   */
  backward(
    dOutputs: readonly Tensor[],
    needs: readonly boolean[],
    letGo: (...tensors: readonly Tensor[]) => void,
  ): readonly (Tensor | undefined)[];
}

/** An operator that ran. */
interface Entry {
  readonly kind: "operator";
  readonly inputs: readonly Known[];
  readonly needs: readonly boolean[];
  readonly outputs: readonly Known[];
  readonly device: Tensor["device"];
  readonly saved: readonly Tensor[];
  readonly backward: Differentiable["backward"];
}

/** Operators that ran and left nothing but what they start from: see {@link recompute}. */
interface Recomputed {
  readonly kind: "recomputed";
  readonly output: Known;
  readonly saved: readonly Tensor[];
  readonly body: () => Tensor;
}

/** A record of differentiable operators. Use it once, or {@link Tape.discard} it. */
export class Tape {
  readonly entries: (Entry | Recomputed)[] = [];

  /** Frees what the tape holds, without walking it. */
  discard(): void {
    for (const entry of this.entries.splice(0)) for (const tensor of entry.saved) tensor.release();
  }
}

/** What stands for a tape where operators only pass on that their outputs need gradients. */
const FORGETFUL = Symbol("forgetful");

let active: Tape | typeof FORGETFUL | undefined;
let recomputing = false;

/** True while {@link backward} runs again what {@link recompute} ran before. */
export function isRecomputing(): boolean {
  return recomputing;
}

/** Runs `body` with a tape that records operators whose inputs need gradients. @throws TypeError for an async body. */
export function record<R>(body: () => R): { result: R; tape: Tape } {
  const tape = new Tape();
  const result = withTape(tape, body, () => tape.discard());
  return { result, tape };
}

/**
 * Runs `body`, a function of `inputs` and of tensors that outlive the tape, so that the tape keeps only `inputs`:
 * {@link backward} runs it again when it comes to it. It must compute the same both times. Gradients are those of
 * `body` recorded as usual to the last bit, since they are added in the same order.
 */
export function recompute(inputs: readonly Tensor[], body: () => Tensor): Tensor {
  const tape = active;
  if (!(tape instanceof Tape)) return body();
  const output = withTape(FORGETFUL, body, () => {});
  if (!output.requiresGrad) return output;
  for (const tensor of inputs) tensor.retain();
  tape.entries.push({ kind: "recomputed", output, saved: inputs, body });
  return output;
}

/** Runs `body` without recording. */
export function noGrad<R>(body: () => R): R {
  return withTape(undefined, body, () => {});
}

function withTape<R>(tape: typeof active, body: () => R, failed: () => void): R {
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
  if (!active) return;
  const needs = op.inputs.map((tensor) => tensor.requiresGrad);
  if (!needs.includes(true)) return;
  for (const output of op.outputs) output.requiresGrad = true;
  if (active === FORGETFUL) return;
  const { inputs, outputs, saved, backward } = op;
  const { device } = outputs[0] ?? inputs[0]!;
  for (const tensor of saved) tensor.retain();
  active.entries.push({ kind: "operator", inputs, needs, outputs, device, saved, backward });
}

/** Gradients by the id of the tensor that they belong to. */
export type Gradients = ReadonlyMap<number, Tensor>;

/**
 * Gradients of the sum of `losses` (f32 scalars) for the leaves of the tape: tensors with
 * `requiresGrad` that no recorded operator made. They belong to the scope that calls this.
 */
export function backward(tape: Tape, losses: readonly Tensor[]): Gradients {
  return scope(() => {
    const seeds: { output: Tensor; gradient: Tensor }[] = [];
    for (const output of losses) {
      const alike = seeds.find((seed) => sameShape(seed.output.shape, output.shape));
      const gradient = alike?.gradient ?? full(output.device, output.shape, 1);
      seeds.push({ output, gradient });
    }
    return backwardFrom(tape, seeds);
  });
}

/**
 * {@link backward} from given gradients of some outputs (each of its output's shape). The tape is empty
 * afterwards, also where this throws.
 */
export function backwardFrom(
  tape: Tape,
  seeds: readonly { output: Tensor; gradient: Tensor }[],
): Gradients {
  const sums = new GradientSums();
  try {
    for (const { output, gradient } of seeds) sums.add(output, gradient);
    walk(tape, sums);
    const gradients = sums.takeAll();
    for (const gradient of gradients.values()) handOver(gradient);
    return gradients;
  } catch (error) {
    tape.discard();
    sums.release();
    throw error;
  }
}

/** Empties the tape from its end. */
function walk(tape: Tape, sums: GradientSums): void {
  for (let entry = tape.entries.pop(); entry; entry = tape.entries.pop()) {
    const held = new Hold(entry.saved);
    try {
      if (entry.kind === "operator") walkOperator(entry, { sums, held });
      else walkRecomputed(entry, sums);
    } finally {
      held.letGoOfAll();
    }
  }
}

/** References that the tape drops at the latest when it has passed an entry. */
class Hold {
  readonly #tensors: Tensor[];

  constructor(tensors: readonly Tensor[]) {
    this.#tensors = [...tensors];
  }

  add(tensor: Tensor): void {
    this.#tensors.push(tensor);
  }

  /** Those tensors that are not held are left alone. */
  letGo(tensors: readonly Tensor[]): void {
    for (const tensor of tensors) {
      for (let at; (at = this.#tensors.indexOf(tensor)) >= 0;) {
        this.#tensors.splice(at, 1);
        tensor.release();
      }
    }
  }

  letGoOfAll(): void {
    for (const tensor of this.#tensors.splice(0)) tensor.release();
  }
}

function walkOperator(
  entry: Entry,
  { sums, held }: { sums: GradientSums; held: Hold },
): void {
  const given = entry.outputs.map(({ id }) => sums.take(id));
  if (given.every((gradient) => gradient === undefined)) return;
  for (const gradient of given) if (gradient) held.add(gradient);
  scope(() => {
    const dOutputs = given.map((gradient, i) =>
      gradient ?? full(entry.device, entry.outputs[i]!.shape, 0)
    );
    const letGo = (...tensors: readonly Tensor[]) => held.letGo(tensors);
    const dInputs = entry.backward(dOutputs, entry.needs, letGo);
    entry.inputs.forEach((input, i) => {
      const dInput = dInputs[i];
      if (entry.needs[i] && dInput) sums.add(input, dInput);
    });
  });
}

/** The operators' own walk goes on with the gradients at hand: so it adds in the order of a usual one. */
function walkRecomputed({ output, body }: Recomputed, sums: GradientSums): void {
  if (!sums.has(output.id)) return;
  const before = recomputing;
  recomputing = true;
  let again: Tape | undefined;
  try {
    const { tape, id } = scope(() => {
      const { result, tape } = record(() => scope(body));
      return { tape, id: result.id };
    });
    again = tape;
    sums.move(output.id, id);
    walk(tape, sums);
  } finally {
    again?.discard();
    recomputing = before;
  }
}
