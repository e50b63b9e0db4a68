/** How far an ablation is, over all its runs. @module */
import { formatDuration } from "../train/format.ts";
import type { PlannedRun } from "./ablate_plan.ts";

/** Lines of a run where there is no bar. */
const LINES_A_RUN = 10;

/** Where the progress goes. */
export interface AblationOutput {
  /** A line of news. */
  line(text: string): void;
  /** Redraws the bar; absent where there is no terminal. */
  readonly draw?: (text: string) => void;
  /** Milliseconds that only grow; `performance.now()`. */
  now(): number;
}

/** The run that is being trained. */
interface CurrentRun {
  readonly run: PlannedRun;
  readonly start: number;
  /** Where it began or went on; undefined before it said so. */
  first: number | undefined;
  last: number;
  linesShown: number;
}

/** Follows the runs of an ablation and says what time is left, from the iterations done so far. */
export class AblationProgress {
  readonly #output: AblationOutput;
  readonly #total: number;
  /** Iterations of the runs that have not ended. */
  #left: number;
  #at = 0;
  /** Seconds and iterations of the runs that have ended. */
  #seconds = 0;
  #iterations = 0;
  #current: CurrentRun | undefined;

  /** @param runs all of them, also those that will be skipped */
  constructor(output: AblationOutput, runs: readonly PlannedRun[]) {
    this.#output = output;
    this.#total = runs.length;
    this.#left = runs.reduce((sum, { iterations }) => sum + iterations, 0);
  }

  /** A run that is not trained now; `why` says the reason. */
  skip(run: PlannedRun, why: string): void {
    this.#at += 1;
    this.#left -= run.iterations;
    this.#output.line(`${this.#name(run)}: ${why}`);
  }

  /** A run begins, or goes on from a checkpoint. */
  begin(run: PlannedRun, { resumes }: { readonly resumes: boolean }): void {
    this.#at += 1;
    this.#current = {
      run,
      start: this.#output.now(),
      first: resumes ? undefined : 0,
      last: 0,
      linesShown: 0,
    };
    this.#output.line(`${this.#name(run)}: ${resumes ? "goes on" : "begins"}`);
  }

  /** The run has reached an iteration. */
  update(iteration: number, loss: number): void {
    const current = this.#current;
    if (!current) return;
    const { run } = current;
    current.first ??= iteration;
    current.last = iteration;
    const seconds = this.#seconds + this.#elapsed(current);
    const done = this.#iterations + iteration - current.first;
    // Infinite before the first iteration is done: shown as "-".
    const left = (this.#left - iteration) * seconds / done;
    const text = `${this.#name(run)}: iteration ${iteration} of ${run.iterations}, loss ${
      loss.toFixed(3)
    }, ${formatDuration(left)} left in all`;
    this.#output.draw?.(text);
    const due = Math.floor(LINES_A_RUN * iteration / run.iterations);
    if (this.#output.draw || due <= current.linesShown) return;
    current.linesShown = due;
    this.#output.line(text);
  }

  /** The run has ended; `how` says in what way. */
  end(how: string): void {
    const current = this.#current;
    if (!current) return;
    const { run, first = 0, last } = current;
    const seconds = this.#elapsed(current);
    this.#seconds += seconds;
    this.#iterations += Math.max(0, last - first);
    this.#left -= run.iterations;
    this.#current = undefined;
    this.#output.line(`${this.#name(run)}: ${how} after ${formatDuration(seconds)}`);
  }

  #elapsed({ start }: CurrentRun): number {
    return (this.#output.now() - start) / 1000;
  }

  #name({ label }: PlannedRun): string {
    const width = String(this.#total).length;
    return `[${String(this.#at).padStart(width)}/${this.#total}] ${label}`;
  }
}
