/**
 * A network as its launches tell it: what the model runs on a dry device, written down so that peers run the same
 * with the same numbers.
 * @module
 */
import { DryDevice } from "../core/runtime/dry_device.ts";
import type { Kernel, Signature, Slot, SlotsOf, Tensor } from "../core/runtime/mod.ts";
import type { ModelState } from "../core/nn/state.ts";
import { geometryIn } from "./model_layers.ts";
import { hashed } from "./peers/inputs.ts";
import type { Leaf, Network, NetworkNode } from "./peers/protocol.ts";

/** Spread of an image's numbers, less their mean, and of another input's. */
const SPREAD = { image: 200, other: 2 };

/** What a frozen norm's launch hands to the affine map that follows: its numbers, by the slot of its scale. */
type NormNode = Pick<
  Extract<NetworkNode, { op: "group_norm" | "frozen_norm" }>,
  "op" | "vectors" | "groups" | "epsilon"
>;

/** A dry device that writes down what is launched on it. */
class Recorder extends DryDevice {
  readonly nodes: NetworkNode[] = [];
  readonly inputs: Leaf[] = [];
  readonly #ids = new Map<Slot, number>();
  readonly #norms = new Map<Slot, NormNode>();

  /** The tensor's number, the same for its views. */
  idOf(slot: Slot): number {
    const id = this.#ids.get(slot) ?? this.#ids.size;
    this.#ids.set(slot, id);
    return id;
  }

  override launch<S extends Signature, P>(kernel: Kernel<S, P>, slots: SlotsOf<S>, params: P) {
    super.launch(kernel, slots, params);
    this.#record(kernel.name, slots, new Map<string, unknown>(Object.entries(params ?? {})));
  }

  #record(
    kernel: string,
    slots: Readonly<Record<string, Slot>>,
    params: ReadonlyMap<string, unknown>,
  ): void {
    const id = (name: string) => this.idOf(required(slots[name], name));
    const number = (name: string) => Number(required(params.get(name), name));
    const flag = (name: string) => params.get(name) === true;
    const normalized = () => {
      const residual = flag("hasResidual") ? id("residual") : null;
      return { x: id("x"), residual, relu: flag("relu"), out: id("out") };
    };
    if (kernel === "conv2d") {
      const geometry = geometryIn(params);
      const { n, h, w, c } = geometry;
      this.#expect(id("source"), [n, h, w, c]);
      const bias = flag("hasBias") ? id("bias") : null;
      const [x, weight, out] = ["source", "weight", "destination"].map(id) as [
        number,
        number,
        number,
      ];
      this.nodes.push({ op: "conv", x, weight, bias, relu: flag("relu"), geometry, out });
    } else if (kernel === "frozen_scale") {
      const vectors = ["weight", "bias", "mean", "variance"].map(id);
      const norm: NormNode = { op: "frozen_norm", vectors, groups: 0, epsilon: 0 };
      this.#norms.set(required(slots.scale, "scale"), norm);
    } else if (kernel === "group_norm") {
      const vectors = ["gamma", "beta"].map(id);
      const extent = { groups: number("groups"), epsilon: number("epsilon") };
      this.nodes.push({ op: "group_norm", vectors, ...extent, ...normalized() });
    } else if (kernel === "channel_affine") {
      const of = required(this.#norms.get(required(slots.scale, "scale")), "norm");
      this.nodes.push({ ...of, ...normalized() });
    } else if (kernel === "max_pool") {
      const window = {
        kernel: number("kernel"),
        stride: number("stride"),
        padding: number("padding"),
      };
      this.nodes.push({ op: "max_pool", x: id("x"), ...window, out: id("out") });
    } else if (kernel === "upsample_add") {
      this.nodes.push({ op: "upsample_add", x: id("top"), lateral: id("lateral"), out: id("out") });
    }
  }

  /** Notes an input of the network: what a convolution reads and nothing that is written down made. */
  #expect(id: number, shape: readonly number[]): void {
    const isKnown = [...this.nodes.map(({ out }) => out), ...this.inputs.map(({ id }) => id)];
    if (isKnown.includes(id)) return;
    const seed = 1 + this.inputs.length;
    const scale = SPREAD[shape[3] === 3 ? "image" : "other"];
    this.inputs.push({ id, name: `input${seed}`, shape, seed, scale, offset: 0, isTrained: false });
  }
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new TypeError(`A kernel was launched without ${name}`);
  return value;
}

/**
 * Writes down what `run` launches on a model that `make` makes, of convolutions, norms, pools and the pyramid's sums:
 * all else is left out, and what it made is an input.
 * @returns the network; its outputs are the tensors that `run` returns or, where it returns none, those that no node
 * reads
 */
export function traceNetwork<M extends { readonly state: ModelState }>(
  make: (device: DryDevice) => M,
  run: (model: M, device: DryDevice) => readonly Tensor[],
): Network {
  const device = new Recorder();
  const model = make(device);
  const returned = run(model, device).map(({ slot }) => device.idOf(slot));
  const { nodes, inputs } = device;
  const read = new Set(nodes.flatMap(inputsOf));
  const state = model.state.entries().map(({ name, tensor }, i) => {
    const { id, shape } = { id: device.idOf(tensor.slot), shape: tensor.shape };
    return {
      id,
      name,
      shape,
      seed: 100 + i,
      ...spreadOf(name, shape),
      isTrained: tensor.requiresGrad,
    };
  });
  const outputs = nodes.map(({ out }) => out).filter((out) => !read.has(out));
  const leaves = [...inputs, ...state.filter(({ id }) => read.has(id))];
  return {
    nodes,
    leaves: [...leaves, ...madeWeights(nodes, leaves)],
    outputs: returned.length > 0 ? returned : outputs,
  };
}

/** Weights and biases that a launch made of others, such as those of two layers that are joined: leaves of their own. */
function madeWeights(nodes: readonly NetworkNode[], leaves: readonly Leaf[]): Leaf[] {
  const made = new Map<number, Leaf>(), known = new Set(leaves.map(({ id }) => id));
  const add = (id: number | null, shape: readonly number[]) => {
    if (id === null || known.has(id) || made.has(id)) return;
    const name = `joined${made.size}.${shape.length > 1 ? "weight" : "bias"}`;
    const spread = spreadOf(name, shape);
    made.set(id, { id, name, shape, seed: 1000 + made.size, ...spread, isTrained: true });
  };
  for (const node of nodes) {
    if (node.op !== "conv") continue;
    const { kh, kw, c, groups, o } = node.geometry;
    add(node.weight, [kh, kw, c / groups, o]);
    add(node.bias, [o]);
  }
  return [...made.values()];
}

function inputsOf(node: NetworkNode): number[] {
  if (node.op === "conv") return [node.x, node.weight, ...(node.bias === null ? [] : [node.bias])];
  if (node.op === "max_pool") return [node.x];
  if (node.op === "upsample_add") return [node.x, node.lateral];
  return [node.x, ...node.vectors, ...(node.residual === null ? [] : [node.residual])];
}

/** Numbers with which activations neither vanish nor explode: He's spread for weights, norms near one. */
function spreadOf(name: string, shape: readonly number[]): { scale: number; offset: number } {
  if (shape.length > 1) {
    const fanIn = shape.slice(0, -1).reduce((a, b) => a * b);
    return { scale: Math.sqrt(24 / fanIn), offset: 0 };
  }
  if (name.endsWith("running_var")) return { scale: 0.5, offset: 1 };
  return name.endsWith("weight") ? { scale: 0.2, offset: 0.6 } : { scale: 0.2, offset: 0 };
}

/** A leaf's numbers. */
export function numbersOf({ shape, seed, scale, offset }: Leaf): Float32Array<ArrayBuffer> {
  const values = hashed(seed, shape.reduce((a, b) => a * b, 1));
  return values.map((value) => offset + scale * value);
}

/** Writes the leaves' numbers into the tensors of a state that have their names. */
export function fillState(state: ModelState, { leaves }: Pick<Network, "leaves">): void {
  for (const leaf of leaves) state.get(leaf.name)?.tensor.write(numbersOf(leaf));
  state.loaded();
}
