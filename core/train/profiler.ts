/** Takes a profile of some training steps, or of any work. */
import { measureLimits } from "../../kernels/machine_limits/mod.ts";
import type { Device, DeviceProfile, LaunchTiming } from "../runtime/mod.ts";
import { extentOf, type HostSpan, type Recording } from "./profile_summary.ts";

/** Steps that are profiled, and those before them: kernels are compiled and variants measured in these. */
const PROFILED = 3;
const SKIPPED = 10;

/** What the trainer tells of its steps to whoever asks. */
export interface StepObserver {
  /** An iteration is about to be launched. */
  begin(iteration: number): void;
  /** The host did something until now. */
  did(what: HostSpan["what"], iteration: number, start: number): void;
  /** An iteration was launched; the next waits for this. */
  end(iteration: number): Promise<void>;
}

/** Which iterations of `first` … `last` are profiled: a few, after the first ones where there are enough. */
export function profiledIterations(
  first: number,
  last: number,
): { readonly first: number; readonly last: number } {
  const steps = Math.min(PROFILED, Math.max(0, last - first + 1));
  const from = Math.min(first + SKIPPED, last - steps + 1);
  return { first: from, last: from + steps - 1 };
}

/** Profiles a few steps of a training, then hands over the recording, once. */
export class StepProfiler implements StepObserver {
  readonly #device: Device;
  readonly #lastIteration: number;
  readonly #done: (recording: Recording) => Promise<void>;
  #range: { readonly first: number; readonly last: number } | undefined;
  #profile: DeviceProfile | undefined;
  #steps = 0;
  #spans: HostSpan[] = [];

  /** @param lastIteration of the training; it begins with the first one that is told */
  constructor(
    device: Device,
    lastIteration: number,
    done: (recording: Recording) => Promise<void>,
  ) {
    this.#device = device;
    this.#lastIteration = lastIteration;
    this.#done = done;
  }

  begin(iteration: number): void {
    this.#range ??= profiledIterations(iteration, this.#lastIteration);
    if (iteration < this.#range.first || iteration > this.#range.last) return;
    this.#profile ??= this.#device.profile();
    this.#steps += 1;
  }

  did(what: HostSpan["what"], iteration: number, start: number): void {
    if (this.#profile) this.#spans.push({ what, iteration, start, end: performance.now() });
  }

  async end(iteration: number): Promise<void> {
    if (!this.#range || iteration < this.#range.last || !this.#profile) return;
    const profile = this.#profile;
    this.#profile = undefined;
    const launches = await profile.take();
    const told = { steps: this.#steps, spans: this.#spans, launches };
    await this.#done(await finished(this.#device, profile, told));
  }
}

/**
 * Profiles `work` as one step.
 * @param options.forMs it runs again and again until so much time has passed, and the quickest run is told: host code is
 * quick only when it has run for a while, as in training it long has, and whatever else the machine does slows some runs
 */
export async function profileWork<R>(
  device: Device,
  work: () => Promise<R>,
  { forMs = 0 }: { readonly forMs?: number } = {},
): Promise<{ result: R; recording: Recording }> {
  await device.finish();
  const profile = device.profile();
  try {
    const begin = performance.now();
    let quickest = await profiledRun(profile, work);
    while (performance.now() - begin < forMs) {
      const run = await profiledRun(profile, work);
      if (extentOf(run.launches) < extentOf(quickest.launches)) quickest = run;
    }
    const { result, launches } = quickest;
    const told = { steps: 1, spans: [], launches };
    return { result, recording: await finished(device, profile, told) };
  } finally {
    profile.stop();
  }
}

async function profiledRun<R>(
  profile: DeviceProfile,
  work: () => Promise<R>,
): Promise<{ result: R; launches: readonly LaunchTiming[] }> {
  const result = await work();
  return { result, launches: await profile.take() };
}

async function finished(
  device: Device,
  profile: DeviceProfile,
  told: Pick<Recording, "steps" | "spans" | "launches">,
): Promise<Recording> {
  profile.stop();
  const { clock } = profile;
  return { device: device.info.description, clock, ...told, limits: await measureLimits(device) };
}
