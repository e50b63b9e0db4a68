/** Bounds how many asynchronous tasks run at a time. @module */

/** Runs at most `width` tasks at once, the others in the order of their arrival. */
export class Limiter {
  readonly #width: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed: PromiseWithResolvers<void> | null = null;

  constructor(width: number) {
    this.#width = width;
  }

  /** Runs `task` when its turn comes. @throws What the task throws; Error after `close()`. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#width) {
      // The place is handed over by the task that ends, so `#running` stays as it is.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      if (this.#closed) throw new Error("The work was called off");
      return await task();
    } finally {
      this.#passOn();
    }
  }

  #passOn(): void {
    const next = this.#waiting.shift();
    if (next) return next();
    this.#running--;
    if (this.#running === 0) this.#closed?.resolve();
  }

  /** Lets no further task begin (those that wait fail), and resolves once none runs any more. */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers<void>();
    if (this.#running === 0) this.#closed.resolve();
    return this.#closed.promise;
  }
}
