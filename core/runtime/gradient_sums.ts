/** The gradients that a walk over the tape has not used up yet. */
import { addInto, MOST_TERMS, sumOf } from "./elementary/mod.ts";
import { scope } from "./scope.ts";
import { formatShape, sameShape, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What the tape knows of a tensor that it does not hold. */
export interface Known {
  readonly id: number;
  readonly shape: Shape;
}

/** Elements up to which a gradient's terms are held until they can be added together. */
const MOST_ELEMENTS = 1 << 20;

/**
 * Sums of gradients by the id of their tensor, each from first to last. On WebGPU, where a launch costs more than to
 * add a small tensor, terms wait for each other: a weight that five levels share is added up at once.
 */
export class GradientSums {
  readonly #terms = new Map<number, Tensor[]>();

  /** Adds a gradient, of which this holds a reference. @throws TypeError where it does not fit its tensor */
  add({ id, shape }: Known, gradient: Tensor): void {
    if (!sameShape(shape, gradient.shape) || gradient.dtype !== "f32") {
      throw new TypeError(
        `Cannot use a gradient of shape ${
          formatShape(gradient.shape)
        } and type ${gradient.dtype} as its tensor has shape ${
          formatShape(shape)
        } and gradients are f32`,
      );
    }
    const terms = this.#terms.get(id);
    gradient.retain();
    if (!terms) {
      this.#terms.set(id, [gradient]);
      return;
    }
    terms.push(gradient);
    const waits = gradient.device.info.kind === "webgpu" && gradient.size <= MOST_ELEMENTS;
    if (terms.length === (waits ? MOST_TERMS : 2)) addUp(terms);
  }

  has(id: number): boolean {
    return this.#terms.has(id);
  }

  /** What belongs to tensor `from` belongs to `to`, which has nothing yet. */
  move(from: number, to: number): void {
    const terms = this.#terms.get(from);
    if (!terms) return;
    this.#terms.delete(from);
    this.#terms.set(to, terms);
  }

  /** Takes the sum out; the caller has its reference. */
  take(id: number): Tensor | undefined {
    const terms = this.#terms.get(id);
    if (!terms) return undefined;
    addUp(terms);
    this.#terms.delete(id);
    return terms[0];
  }

  /** Takes all sums out. */
  takeAll(): Map<number, Tensor> {
    const sums = new Map<number, Tensor>();
    for (const [id, terms] of this.#terms) {
      addUp(terms);
      sums.set(id, terms[0]!);
    }
    this.#terms.clear();
    return sums;
  }

  release(): void {
    for (const terms of this.#terms.values()) for (const term of terms) term.release();
    this.#terms.clear();
  }
}

/** Leaves one term. Adds in place only where nobody else can see it: an operator may hand on its output's gradient. */
function addUp(terms: Tensor[]): void {
  if (terms.length < 2) return; // Most have one gradient.
  const [first, second, ...more] = terms;
  if (!first || !second) return;
  if (more.length === 0 && first.isExclusive) {
    addInto(first, second);
    second.release();
    terms.length = 1;
    return;
  }
  scope(() => {
    const sum = sumOf(first, second, ...more).retain();
    for (const term of terms.splice(0, terms.length, sum)) term.release();
  });
}
