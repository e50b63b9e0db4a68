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

/** A whole detector of R-50-FPN. */
export interface StepTask {
  readonly task: "step";
  readonly training: boolean;
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

/** All that a peer can be asked to make ready. */
export type Task = ConvTask | OpTask | StepTask;

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
