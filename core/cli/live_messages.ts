/** What a run and the thread of its live page tell each other. @module */

/** The run that the page is of. */
export interface LiveStart {
  readonly kind: "start";
  /** The run's folder, absolute. */
  readonly folder: string;
  /** Iterations to reach. */
  readonly iterations: number;
  readonly imagesPerIteration: number;
  /** 0: one of the system's choice. */
  readonly port: number;
}

/** The run is over: the page shows `how`, and the thread ends once browsers have seen it. */
export interface LiveEnd {
  readonly kind: "end";
  readonly how: string;
}

/** To the thread. */
export type LiveRequest = LiveStart | LiveEnd;

/** From the thread: where it listens, why it could not, or that it has ended. */
export type LiveReply =
  | { readonly kind: "listening"; readonly address: string }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "ended" };
