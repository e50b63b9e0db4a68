/** SIGINT and SIGTERM: the first asks the run to finish its iteration and save, the second ends it at once. */
import { EXIT } from "../runtime/errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Watches the process's signals until it is disposed of. After the first it steps aside: the next is
 * the system's, which ends the process even while it computes and no handler could run.
 */
export class StopSignal implements Disposable {
  #code: number | undefined;
  #handlers: (readonly [typeof SIGNALS[number], () => void])[];

  /** @param onFirst told once, when a stop was asked for */
  constructor(onFirst: (signal: string) => void) {
    this.#handlers = SIGNALS.map((signal) => {
      const handler = () => {
        this[Symbol.dispose]();
        this.#code = signal === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
        onFirst(signal);
      };
      Deno.addSignalListener(signal, handler);
      return [signal, handler];
    });
  }

  /** The exit code of the signal that came, if any. */
  get exitCode(): number | undefined {
    return this.#code;
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) Deno.removeSignalListener(signal, handler);
    this.#handlers = [];
  }
}
