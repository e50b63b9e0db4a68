/** The named tensors of a model: parameters and buffers under the original's names. */
import { type Device, fromArray, keep, type Shape, sizeOf, type Tensor } from "../runtime/mod.ts";
import { type Initial, streamOf } from "./initial.ts";
import { type Layout, memoryShape, toCanonical, toMemory } from "./layouts.ts";

/** A tensor of a model's state. */
export interface StateEntry {
  readonly name: string;
  /** Canonical (PyTorch) shape. */
  readonly shape: Shape;
  readonly layout: Layout;
  /** Buffers are saved with the model but have no gradient. */
  readonly kind: "parameter" | "buffer";
  /** In memory layout, on the device. */
  readonly tensor: Tensor;
}

/** Canonical numbers with their shape, as files hold them. */
export interface HostTensor {
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer>;
}

/** What declares a tensor of the state. */
export interface Declaration {
  readonly shape: Shape;
  readonly initial: Initial;
  readonly layout?: Layout;
  readonly kind?: "parameter" | "buffer";
  /** False for parameters of frozen stages: they get no gradient. True where absent. */
  readonly trainable?: boolean;
}

/** Holds a model's tensors; lives until {@link ModelState.close}. */
export class ModelState {
  readonly device: Device;
  readonly #seed: number;
  readonly #entries = new Map<string, StateEntry>();
  readonly #onLoaded: (() => void)[] = [];

  constructor(device: Device, seed: number) {
    this.device = device;
    this.#seed = seed;
  }

  /** Adds a tensor with its initial numbers. @throws Error for a name used twice. */
  declare(name: string, declaration: Declaration): Tensor {
    if (this.#entries.has(name)) {
      throw new Error(`Cannot declare ${name} as it is declared already`);
    }
    const { shape, initial, layout = { kind: "plain" }, kind = "parameter", trainable = true } =
      declaration;
    const numbers = toMemory(initial(shape, streamOf(this.#seed, name)), shape, layout);
    const tensor = keep(fromArray(this.device, memoryShape(shape, layout), numbers));
    tensor.requiresGrad = kind === "parameter" && trainable;
    this.#entries.set(name, { name, shape, layout, kind, tensor });
    return tensor;
  }

  /** All tensors in order of declaration. */
  entries(): readonly StateEntry[] {
    return [...this.#entries.values()];
  }

  /** Parameters that training changes. */
  trainable(): readonly StateEntry[] {
    return this.entries().filter(({ tensor }) => tensor.requiresGrad);
  }

  get(name: string): StateEntry | undefined {
    return this.#entries.get(name);
  }

  /** Calls `listener` now and whenever numbers were loaded: for values derived from the state. */
  whenLoaded(listener: () => void): void {
    this.#onLoaded.push(listener);
    listener();
  }

  /** Overwrites a tensor with canonical numbers. @throws RangeError for a wrong size. */
  load(name: string, { shape, data }: HostTensor): void {
    const entry = this.#entries.get(name);
    if (!entry || sizeOf(shape) !== entry.tensor.size) {
      throw new RangeError(`Cannot load ${name} as its shape ${shape.join("×")} does not fit`);
    }
    entry.tensor.write(toMemory(data, entry.shape, entry.layout));
  }

  /** Tells listeners that numbers were loaded. */
  loaded(): void {
    for (const listener of this.#onLoaded) listener();
  }

  /** A tensor's numbers in canonical order; also for tensors shaped like it (gradients, momentum). */
  async canonical(entry: StateEntry, tensor: Tensor = entry.tensor): Promise<HostTensor> {
    return {
      shape: entry.shape,
      data: toCanonical(await tensor.readFloats(), entry.shape, entry.layout),
    };
  }

  /** Frees all tensors. */
  close(): void {
    for (const { tensor } of this.#entries.values()) tensor.release();
    this.#entries.clear();
  }
}

/** Declares tensors below a dotted prefix. */
export class StateScope {
  constructor(readonly state: ModelState, readonly prefix = "", readonly frozen = false) {}

  /** The scope `prefix.name`. */
  child(name: string, options: { frozen?: boolean } = {}): StateScope {
    return new StateScope(this.state, this.#path(name), this.frozen || (options.frozen ?? false));
  }

  /** Declares `prefix.name`; not trainable in a frozen scope. */
  declare(name: string, declaration: Declaration): Tensor {
    return this.state.declare(this.#path(name), { ...declaration, trainable: !this.frozen });
  }

  #path(name: string): string {
    return this.prefix ? `${this.prefix}.${name}` : name;
  }
}
