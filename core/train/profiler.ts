/** Takes a profile of some steps of a training, or of one step again and again. */
import type { Device } from "../runtime/mod.ts";
import type { HostSpan, Recording } from "./profile_summary.ts";
import { PROFILED, StepSeries } from "./step_series.ts";

/** Steps before those that are profiled: kernels are compiled and variants measured in these. */
const SKIPPED = 10;

/** Steps that are timed where one is run again and again: of five, a pause of the collector or of the system shows. */
const REPEATED = 25;

/** What the trainer tells of its steps to whoever asks. */
export interface StepObserver {
  /** An iteration is about to be launched. */
  begin(iteration: number): void;
  /** The host did something until now. */
  did(what: HostSpan["what"], iteration: number, start: number): void;
  /** An iteration was launched; the next waits for this. */
  end(iteration: number): Promise<void>;
}

/**
 * The first of the iterations `first` … `last` that is profiled: after those that compile, where there are enough, and
 * never the very first where there is another.
 */
export function firstProfiled(first: number, last: number): number {
  const steps = Math.max(1, Math.min(PROFILED, last - first));
  return Math.min(first + SKIPPED, last - steps + 1);
}

/** Profiles a few steps of a training, then hands over the recording, once. */
export class StepProfiler implements StepObserver {
  readonly #device: Device;
  readonly #lastIteration: number;
  readonly #done: (recording: Recording) => Promise<void>;
  #begun: number | undefined;
  #series: StepSeries | undefined;
  #isDone = false;

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
    this.#begun ??= iteration;
    if (this.#isDone || iteration < firstProfiled(this.#begun, this.#lastIteration)) return;
    this.#series ??= new StepSeries(this.#device, {
      steps: this.#lastIteration - iteration + 1,
      isPaired: iteration - this.#begun >= SKIPPED,
    });
    this.#series.begin(iteration);
  }

  did(what: HostSpan["what"], iteration: number, start: number): void {
    this.#series?.did(what, iteration, start);
  }

  async end(iteration: number): Promise<void> {
    const series = this.#series;
    if (!series || !(series.isComplete || iteration >= this.#lastIteration)) return;
    this.#series = undefined;
    this.#isDone = true;
    await this.#done(await series.recording());
  }
}

/** A step that was launched, with the wait for what it reports. */
interface Launched {
  report(): Promise<unknown>;
}

/**
 * Profiles a step by launching it again and again as training does: the next is recorded while one runs.
 * @param launch launches it
 * @param options.forMs how long at most, where steps are quick: a third of it before anything is timed, host code being
 * quick only when it has run for a while, as in training it long has. One step, or on a GPU one pair, is always timed
 * @throws DeviceError on any GPU error
 */
export async function profileLaunches(
  device: Device,
  launch: () => Launched,
  { forMs }: { readonly forMs: number },
): Promise<Recording> {
  const steps = new LaunchedSteps(launch);
  const begin = performance.now();
  do await steps.next(); while (performance.now() - begin < forMs / 3);
  const series = new StepSeries(device, { steps: Infinity, isPaired: true, timed: REPEATED });
  const isEnough = () => series.isEven && performance.now() - begin >= forMs;
  do await steps.next(series); while (!series.isComplete && !isEnough());
  await steps.last(series);
  return await series.recording();
}

/** Steps that are launched in a row, each awaited when the next is launched. */
class LaunchedSteps {
  readonly #launch: () => Launched;
  #iteration = 0;
  #running: Launched | undefined;

  constructor(launch: () => Launched) {
    this.#launch = launch;
  }

  /** Launches a step and waits for the one before. */
  async next(series?: StepSeries): Promise<void> {
    const before = this.#running;
    this.#iteration += 1;
    series?.begin(this.#iteration);
    const start = performance.now();
    this.#running = this.#launch();
    series?.did("launch", this.#iteration, start);
    await this.#wait(before, { iteration: this.#iteration - 1, series });
  }

  /** Waits for the last step. */
  async last(series: StepSeries): Promise<void> {
    await this.#wait(this.#running, { iteration: this.#iteration, series });
  }

  async #wait(
    step: Launched | undefined,
    { iteration, series }: { iteration: number; series?: StepSeries },
  ): Promise<void> {
    const waiting = performance.now();
    await step?.report();
    series?.did("wait", iteration, waiting);
  }
}
