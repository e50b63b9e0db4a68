/** GPU errors arrive in error scopes and events, not as throws: this collects them until somebody asks. */
import { DeviceError } from "../errors.ts";

/** The first fault of a device, and the scopes whose answer is still under way. */
export class Faults {
  #first: DeviceError | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(device: GPUDevice) {
    device.lost.then((info) => {
      if (info.reason === "destroyed" && this.expectsLoss) return;
      this.report(
        `The GPU device was lost (${
          info.message || info.reason
        }); start the command again to continue from the last checkpoint.`,
      );
    });
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.report(
        `The GPU reported an error: ${firstLine((event as GPUUncapturedErrorEvent).error)}`,
      );
    });
  }

  /** True once we close the device ourselves. */
  expectsLoss = false;

  /** Remembers a fault; the first one stays. */
  report(message: string): void {
    this.#first ??= new DeviceError(message);
  }

  /** Watches an error scope just popped; `describe` makes a message of its error. */
  watch(
    popped: Promise<GPUError | null>,
    describe: (error: GPUError) => string | Promise<string>,
  ): void {
    const answer = popped
      .then(async (error) => {
        if (error) this.report(await describe(error));
      })
      .catch((error) => this.report(String(error)))
      .finally(() => this.#underWay.delete(answer));
    this.#underWay.add(answer);
  }

  /** Throws the first fault known so far. */
  check(): void {
    if (this.#first) throw this.#first;
  }

  /** Waits for all scopes under way, then throws the first fault. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    this.check();
  }
}

/** A GPU error's text on one line. */
export function firstLine(error: GPUError): string {
  return error.message.replace(/\s+/g, " ").trim();
}
