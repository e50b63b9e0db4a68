/**
 * Timing of launches: what a device tells of every kernel between the start and the end of a profile, and nothing
 * before or after.
 * @module
 */
import type { Slot } from "./device.ts";
import type { Kernel, Signature } from "./kernel.ts";

/** One launch of a kernel. */
export interface LaunchTiming {
  readonly kernel: string;
  /** The variant that ran; undefined where the kernel has none. */
  readonly variant: string | undefined;
  /** What the kernel was launched with. */
  readonly params: unknown;
  /** Floating-point operations, a multiplication and an addition being two; 0 for kernels that are no matrix product. */
  readonly flops: number;
  /** Bytes of the tensors that it takes: each read or written once, which no launch can undercut. */
  readonly bytes: number;
  /** When it began, in milliseconds as `performance.now()`. */
  readonly start: number;
  readonly ms: number;
  /** Milliseconds of `ms` within BLAS; 0 on a GPU. */
  readonly productMs: number;
  /** Bytes read and written where copies of the tensors are brought into another order; 0 on a GPU. */
  readonly copiedBytes: number;
}

/** What tells the time of launches: the device's own timestamps, the host's clock, or nothing. */
export type ProfileClock = "device" | "host" | "none";

/**
 * What a profile times: each launch, or all that is submitted together. On a GPU a timed launch has a pass of its own,
 * which a step without a profile does not pay for; submissions are timed as they are.
 */
export type ProfileUnit = "launch" | "submission";

/** The name that a submission has for a kernel's. */
export const SUBMISSION = "submission";

/** A profile that is being taken. */
export interface DeviceProfile {
  /** With `none` there are launches, FLOPs and bytes, and every time is 0. */
  readonly clock: ProfileClock;
  /** Begins another part, in which `unit` is timed. Waits for nothing: the device goes on with what it has. */
  next(unit?: ProfileUnit): void;
  /**
   * The launches, or the submissions, since the start or the last call, in order; waits for the device.
   * @throws DeviceError on any GPU error
   */
  take(): Promise<LaunchTiming[]>;
  /**
   * {@link DeviceProfile.take}, part by part, all by one clock: what came before the first {@link DeviceProfile.next},
   * then what came after each.
   * @throws DeviceError on any GPU error
   */
  takeParts(): Promise<LaunchTiming[][]>;
  /** Ends the profile; launches are timed no more. */
  stop(): void;
}

/** What a launch takes on the host's clock. */
type Taken = Pick<LaunchTiming, "start" | "ms" | "productMs" | "copiedBytes">;

/**
 * Tells what is known of a launch before it runs. Worked out when the profile is read: while it is taken, that would
 * stand between the launches.
 */
export type LaunchFacts = () => Omit<LaunchTiming, keyof Taken>;

/** The facts of a launch. */
export function factsOf<S extends Signature, P>(
  { name, flops }: Kernel<S, P>,
  slots: Readonly<Record<string, Slot>>,
  { params, variant }: { readonly params: P; readonly variant?: string },
): LaunchFacts {
  return () => {
    let bytes = 0;
    for (const slot of new Set(Object.values(slots))) bytes += slot.bytes;
    return { kernel: name, variant, params, flops: flops?.(params) ?? 0, bytes };
  };
}

/** What a host does besides looping over tensors, added up: see {@link LaunchTiming}. */
export interface HostMeter {
  productMs: number;
  copiedBytes: number;
}

/** A profile of a device that has done a launch's work when it returns. */
export class HostProfile implements DeviceProfile {
  readonly clock: ProfileClock;
  readonly #meter: HostMeter | undefined;
  readonly #onStop: () => void;
  /** By parts; the last is the one that launches are added to. */
  #parts: (Taken & { readonly facts: LaunchFacts })[][] = [[]];

  /** @param options.meter counts while a launch runs */
  constructor(
    clock: "host" | "none",
    options: { readonly meter?: HostMeter; readonly onStop: () => void },
  ) {
    this.clock = clock;
    this.#meter = options.meter;
    this.#onStop = options.onStop;
  }

  /** Runs `body`, which is the launch. */
  time(facts: LaunchFacts, body: () => void): void {
    const { productMs = 0, copiedBytes = 0 } = this.#meter ?? {};
    const start = performance.now();
    body();
    const ms = this.clock === "none" ? 0 : performance.now() - start;
    this.#parts.at(-1)!.push({
      facts,
      start,
      ms,
      productMs: (this.#meter?.productMs ?? 0) - productMs,
      copiedBytes: (this.#meter?.copiedBytes ?? 0) - copiedBytes,
    });
  }

  next(): void {
    this.#parts.push([]);
  }

  async take(): Promise<LaunchTiming[]> {
    return (await this.takeParts()).flat();
  }

  takeParts(): Promise<LaunchTiming[][]> {
    const parts = this.#parts;
    this.#parts = [[]];
    const timings = parts.map((part) =>
      part.map(({ facts, ...taken }) => ({ ...facts(), ...taken }))
    );
    return Promise.resolve(timings);
  }

  stop(): void {
    this.#parts = [[]];
    this.#onStop();
  }
}
