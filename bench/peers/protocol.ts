/** What the bench asks of a peer, a JSON document a line, and what it answers. */

/** Extents of a convolution, as the kernels have them. */
export interface ConvGeometry {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly ho: number;
  readonly wo: number;
  readonly o: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** The forward pass of a convolution, or the gradient of its input or weight. */
export type Pass = "forward" | "input" | "weight";

/** A convolution on {@link hashed} numbers; the answer has its result at `indices`, counted in our layout. */
export interface ConvTask {
  readonly task: "conv";
  readonly geometry: ConvGeometry;
  readonly pass: Pass;
  readonly indices: readonly number[];
}

/** An operator of the detector on hashed boxes or numbers; the answer has `indices` of its result. */
export interface OpTask {
  readonly task: "op";
  readonly op: string;
  readonly sizes: Readonly<Record<string, number>>;
}

/** Numbers that a network starts from: `offset + scale · hashed(seed)`, in our layout. */
export interface Leaf {
  readonly id: number;
  /** Of a tensor of the model's state, as there. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly seed: number;
  readonly scale: number;
  readonly offset: number;
  /** Whether a training step changes it. */
  readonly isTrained: boolean;
}

/** A step of a network; numbers are ids of tensors, maps are `[N, H, W, C]`. */
export type NetworkNode =
  & { readonly x: number; readonly out: number }
  & (
    | {
      readonly op: "conv";
      readonly weight: number;
      readonly bias: number | null;
      readonly relu: boolean;
      readonly geometry: ConvGeometry;
    }
    | {
      readonly op: "frozen_norm" | "group_norm";
      /** Frozen: weight, bias, mean, variance; group norm: weight and bias. */
      readonly vectors: readonly number[];
      /** Of group norm. */
      readonly groups: number;
      readonly epsilon: number;
      /** Added before the ReLU. */
      readonly residual: number | null;
      readonly relu: boolean;
    }
    | {
      readonly op: "max_pool";
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
    }
    /** x is the coarse map. */
    | { readonly op: "upsample_add"; readonly lateral: number }
  );

/** Layers and what they are computed from. */
export interface Network {
  readonly leaves: readonly Leaf[];
  /** In the order in which they can run. */
  readonly nodes: readonly NetworkNode[];
  readonly outputs: readonly number[];
}

/**
 * A network's forward pass or, in training, that with the gradients of the outputs' squares and a step of SGD. The
 * answer has each of the `sampled` maps at its `indices`, in our layout.
 */
export interface NetworkTask extends Network {
  readonly task: "network";
  readonly training: boolean;
  readonly sampled: readonly number[];
  readonly indices: readonly (readonly number[])[];
}

/** Features that a {@link StepTask}'s detector is to have, before it is timed. */
export interface FeatureCheck {
  /** The state's leaves; `images` is `[N, H, W, 3]`. */
  readonly leaves: readonly Leaf[];
  readonly images: Leaf;
  /** Of each level. */
  readonly indices: readonly (readonly number[])[];
}

/** A whole detector of R-50-FPN; the answer has the features that `check` asks for. */
export interface StepTask {
  readonly task: "step";
  readonly training: boolean;
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly check: FeatureCheck;
}

/** All that a peer can be asked to make ready. */
export type Task = ConvTask | OpTask | NetworkTask | StepTask;

/** One line to a peer. */
export type Request =
  | { readonly request: "hello" }
  | { readonly request: "prepare"; readonly task: Task }
  /** Runs what was prepared so often. */
  | { readonly request: "time"; readonly times: number };

/** One line from a peer; `error` where it cannot do it. */
export interface Answer {
  readonly error?: string;
  /** To hello: what it is. */
  readonly version?: string;
  /** To prepare: the result where asked for. */
  readonly sample?: readonly number[];
  /** To time: milliseconds of one run. */
  readonly ms?: number;
  /** Most memory that the peer's process ever held, in bytes. */
  readonly rss?: number;
}
