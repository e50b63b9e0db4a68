/** Takes a profile of some training steps, or of any work. */
import { measureLimits } from "../../kernels/machine_limits/mod.ts";
import type {
  Device,
  DeviceProfile,
  LaunchTiming,
  ProfileClock,
  ProfileUnit,
} from "../runtime/mod.ts";
import { extentOf, type HostSpan, type Recording } from "./profile_summary.ts";

/** Steps that are profiled, and those before them: kernels are compiled and variants measured in these. */
const PROFILED = 3;
const SKIPPED = 10;

/** The last of those before them that are timed as they are, launches not being timed. */
const UNDISTURBED = 3;

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
  #begun: number | undefined;
  #range: { readonly first: number; readonly last: number } | undefined;
  /** Of submissions before the range, of launches within. */
  #profile: DeviceProfile | undefined;
  #undisturbedMs: number | undefined;
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
    const { first, last } = this.#range;
    this.#begun ??= iteration;
    const isWarm = iteration - this.#begun >= SKIPPED - UNDISTURBED;
    if (isWarm && iteration === first - UNDISTURBED) {
      this.#profile = this.#device.profile("submission");
    }
    if (iteration < first || iteration > last) return;
    this.#profile ??= this.#device.profile();
    this.#steps += 1;
  }

  did(what: HostSpan["what"], iteration: number, start: number): void {
    if (this.#steps > 0 && this.#profile) {
      this.#spans.push({ what, iteration, start, end: performance.now() });
    }
  }

  async end(iteration: number): Promise<void> {
    const profile = this.#profile;
    if (!this.#range || !profile) return;
    const { first, last } = this.#range;
    if (iteration !== first - 1 && iteration < last) return;
    this.#profile = undefined;
    const launches = await profile.take();
    profile.stop();
    const { clock } = profile;
    if (iteration < first) {
      if (clock === "device") this.#undisturbedMs = extentOf(launches) / UNDISTURBED;
      return;
    }
    const told = { clock, steps: this.#steps, spans: this.#spans, launches };
    const undisturbedMs = this.#undisturbedMs;
    await this.#done(await recordingOf(this.#device, { ...told, undisturbedMs }));
  }
}

/**
 * Profiles `work` as one step.
 * @param options.forMs it runs again and again until so much time has passed, by turns profiled and not, and the quickest
 * runs are told: host code is quick only when it has run for a while, as in training it long has, and whatever else the
 * machine does slows some runs
 */
export async function profileWork<R>(
  device: Device,
  work: () => Promise<R>,
  { forMs = 0 }: { readonly forMs?: number } = {},
): Promise<{ result: R; recording: Recording }> {
  await device.finish();
  const begin = performance.now();
  const runs = [await profiledRun(device, work)], undisturbed: number[] = [];
  const { clock } = runs[0]!;
  for (;;) {
    if (clock === "device") {
      undisturbed.push(extentOf((await profiledRun(device, work, "submission")).launches));
    }
    if (performance.now() - begin >= forMs) break;
    runs.push(await profiledRun(device, work));
  }
  const { result, launches } = runs.reduce((best, run) =>
    extentOf(run.launches) < extentOf(best.launches) ? run : best
  );
  const undisturbedMs = undisturbed.length > 0 ? Math.min(...undisturbed) : undefined;
  const told = { clock, steps: 1, spans: [], launches, undisturbedMs };
  return { result, recording: await recordingOf(device, told) };
}

async function profiledRun<R>(
  device: Device,
  work: () => Promise<R>,
  unit?: ProfileUnit,
): Promise<{ result: R; launches: readonly LaunchTiming[]; clock: ProfileClock }> {
  const profile = device.profile(unit);
  try {
    const result = await work();
    return { result, launches: await profile.take(), clock: profile.clock };
  } finally {
    profile.stop();
  }
}

async function recordingOf(
  device: Device,
  told: Omit<Recording, "device" | "limits">,
): Promise<Recording> {
  return { device: device.info.description, ...told, limits: await measureLimits(device) };
}
