/**
 * Times consecutive steps: on a GPU by turns launch by launch and as they are, so that the two can be compared though
 * the machine's speed wanders; elsewhere launch by launch, which costs nothing there.
 * @module
 */
import { measureLimits } from "../../kernels/machine_limits/mod.ts";
import type { Device, DeviceProfile, LaunchTiming, ProfileUnit } from "../runtime/mod.ts";
import type { HostSpan, ProfiledRun, Recording, UndisturbedStep } from "./profile_summary.ts";

/** Steps of a training that are timed launch by launch. */
export const PROFILED = 5;

/** On a GPU, pairs of such a step and one that is not: the median of five still wanders where others use the machine. */
const PAIRS = 9;

/**
 * What is timed of the steps of a pair. No step waits for the one before, so that the device is as busy as in training.
 * The second step is the one to compare with: it begins where its first submission does and ends where the third's does,
 * so that whatever the device waits for in between counts. While it runs, the host records the third one; that one's
 * own time would hold the recording of the next pair's many passes.
 */
const PAIR = ["launch", "submission", "submission"] as const;

/** A number of steps being timed, one after the other. */
export class StepSeries {
  readonly #device: Device;
  readonly #profile: DeviceProfile;
  /** What is timed of each step. */
  readonly #units: readonly ProfileUnit[];
  readonly #isPaired: boolean;
  #begun = 0;
  /** Iterations that are timed launch by launch. */
  readonly #iterations = new Set<number>();
  readonly #spans: HostSpan[] = [];

  /**
   * @param options.steps that there will be at most
   * @param options.isPaired false to time all launch by launch, as where kernels are still being compiled
   * @param options.timed steps to time launch by launch where there are no pairs; {@link PROFILED} where absent
   */
  constructor(
    device: Device,
    { steps, isPaired, timed = PROFILED }: { steps: number; isPaired: boolean; timed?: number },
  ) {
    this.#device = device;
    this.#profile = device.profile();
    const pairs = Math.min(PAIRS, Math.floor(steps / PAIR.length));
    this.#isPaired = isPaired && pairs > 0 && this.#profile.clock === "device";
    this.#units = this.#isPaired
      ? Array.from({ length: pairs }, () => PAIR).flat()
      : Array.from({ length: Math.min(timed, steps) }, () => "launch");
  }

  /** True where all steps were begun. */
  get isComplete(): boolean {
    return this.#begun === this.#units.length;
  }

  /** True where no pair lacks a step. */
  get isEven(): boolean {
    return !this.#isPaired || this.#begun % PAIR.length === 0;
  }

  /** A step is about to be launched; once the series is complete it is none of it. */
  begin(iteration: number): void {
    const unit = this.#units[this.#begun];
    if (unit === undefined) return;
    if (this.#begun > 0) this.#profile.next(unit);
    this.#begun += 1;
    if (unit === "launch") this.#iterations.add(iteration);
  }

  /** The host did something until now for a step. */
  did(what: HostSpan["what"], iteration: number, start: number): void {
    if (!this.#iterations.has(iteration)) return;
    this.#spans.push({ what, iteration, start, end: performance.now() });
  }

  /**
   * Ends the series; waits for the device.
   * @throws DeviceError on any GPU error
   */
  async recording(): Promise<Recording> {
    const { clock } = this.#profile;
    const parts = await this.#profile.takeParts().finally(() => this.#profile.stop());
    return {
      device: this.#device.info.description,
      clock,
      steps: this.#iterations.size,
      runs: this.#isPaired ? pairedRuns(parts) : [{ launches: parts.flat() }],
      spans: this.#spans,
      limits: await measureLimits(this.#device),
    };
  }
}

/** A run of one step for each pair. */
function pairedRuns(parts: readonly (readonly LaunchTiming[])[]): ProfiledRun[] {
  const runs: ProfiledRun[] = [];
  for (let i = 0; i < parts.length; i += PAIR.length) {
    const [launches = [], compared = [], next = []] = parts.slice(i, i + PAIR.length);
    runs.push({ launches, undisturbed: undisturbedStep(compared, next) });
  }
  return runs;
}

function undisturbedStep(
  submissions: readonly LaunchTiming[],
  next: readonly LaunchTiming[],
): UndisturbedStep | undefined {
  const start = submissions[0]?.start, end = next[0]?.start;
  if (start === undefined || end === undefined) return undefined;
  const busy = submissions.reduce((total, { ms }) => total + ms, 0);
  return { ms: end - start, idleMs: Math.max(0, end - start - busy) };
}
