/** GPU errors arrive in error scopes and events, not as throws: this collects them until somebody asks. */
import { DeviceError } from "../errors.ts";

/** What of a device tells of its faults. */
type FaultSource = Pick<
  GPUDevice,
  "lost" | "addEventListener" | "pushErrorScope" | "popErrorScope"
>;

/** The first fault of a device, and the scopes whose answer is still under way. */
export class Faults {
  readonly #device: FaultSource;
  #first: DeviceError | undefined;
  #isLost = false;
  /** Called when the device is gone: nothing that is waited for may hang then. */
  readonly #onLoss = new Set<() => void>();
  /** The scopes popped so far, in order: a kernel that does not compile is told before what it broke. */
  #answers: Promise<void> = Promise.resolve();

  constructor(device: FaultSource) {
    this.#device = device;
    device.lost.then((info) => {
      this.report(
        `The GPU device was lost (${
          info.message || info.reason
        }); start the command again to continue from the last checkpoint.`,
      );
      this.#isLost = true;
      for (const stop of this.#onLoss) stop();
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.report(
        `The GPU reported an error: ${firstLine((event as GPUUncapturedErrorEvent).error)}`,
      );
    });
  }

  /** Remembers a fault; the first one stays. */
  report(message: string): void {
    this.#first ??= new DeviceError(message);
  }

  /** Runs `body` within error scopes; `describe` makes a message of an error that they catch. */
  guard<R>(
    body: () => R,
    scopes: {
      readonly filters: readonly GPUErrorFilter[];
      readonly describe: (error: GPUError) => string | Promise<string>;
    },
  ): R {
    for (const filter of scopes.filters) this.#device.pushErrorScope(filter);
    try {
      return body();
    } finally {
      for (const _ of scopes.filters) this.#watch(this.#device.popErrorScope(), scopes.describe);
    }
  }

  #watch(
    popped: Promise<GPUError | null>,
    describe: (error: GPUError) => string | Promise<string>,
  ): void {
    const message = popped
      .then((error) => error ? describe(error) : undefined)
      .catch((error) => `The GPU did not say whether it took its work (${error})`);
    this.#answers = this.#answers.then(async () => {
      const fault = await message;
      if (fault !== undefined) this.report(fault);
    });
  }

  /** Throws the first fault known so far. */
  check(): void {
    if (this.#first) throw this.#first;
  }

  /**
   * Waits for `work` or the loss of the device, then for all scopes under way.
   * @throws DeviceError: the first fault, or that `work` failed
   */
  async settle(work: Promise<unknown> = Promise.resolve()): Promise<void> {
    const failure = await this.#unlessLost(work);
    await this.#unlessLost(this.#answers);
    this.check();
    if (failure !== undefined) {
      throw new DeviceError(
        `The GPU did not return its results (${failure}); start the command again.`,
      );
    }
  }

  /** Resolves at the end of `work`, with its error if any, or at the loss of the device. */
  #unlessLost(work: Promise<unknown>): Promise<unknown> {
    // Not Promise.race with the device's loss: that would keep every wait of a run alive.
    return new Promise((resolve) => {
      const stop = () => resolve(undefined);
      const end = (failure?: unknown) => {
        this.#onLoss.delete(stop);
        resolve(failure);
      };
      this.#onLoss.add(stop);
      work.then(() => end(), (error) => end(error));
      if (this.#isLost) stop();
    });
  }
}

/** A GPU error's text on one line. */
export function firstLine(error: GPUError): string {
  return error.message.replace(/\s+/g, " ").trim();
}
