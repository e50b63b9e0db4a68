/** What the live page of a run shows, read from the run's folder while the run goes on. @module */
import type { Figure, LiveUpdate } from "../../reports/types.ts";
import { formatDuration } from "../train/format.ts";
import { type IterationMetrics, parseMetrics } from "../train/metrics.ts";
import type { LivePage } from "./live_server.ts";

/** Milliseconds that figures are good for; more where making them takes long. */
const FRESH_FOR = 2000;

/** How many times as long as it took to make them figures are kept at least. */
const REST = 10;

/** Iterations that the pace is measured over. */
const WINDOW = 20;

/** How a run's page and figures are made. */
export interface RunPages {
  page(): Promise<string>;
  figures(): Promise<readonly Figure[]>;
}

/** A run that is watched. */
export interface WatchedRun {
  /** Its metrics.jsonl. */
  readonly metrics: string;
  /** Iterations to reach. */
  readonly iterations: number;
  readonly imagesPerIteration: number;
}

/** A figure, as of the version in which it last changed. */
interface Versioned {
  readonly figure: Figure;
  readonly json: string;
  readonly version: number;
}

/** Follows a run; makes figures anew only when someone asks and they are no longer fresh. */
export class LiveRun implements LivePage {
  readonly #run: WatchedRun;
  readonly #pages: RunPages;
  readonly #figures = new Map<string, Versioned>();
  #version = 0;
  #freshUntil = -Infinity;
  #refreshing: Promise<void> | undefined;
  #last: IterationMetrics[] = [];
  #end: string | undefined;
  /** The end that the figures know of. */
  #shownEnd: string | undefined;

  constructor(run: WatchedRun, pages: RunPages) {
    this.#run = run;
    this.#pages = pages;
  }

  /** The run is over; `how` says in what way. */
  end(how: string): void {
    this.#end = how;
    this.#freshUntil = -Infinity;
  }

  page(): Promise<string> {
    return this.#pages.page();
  }

  /** @throws what reading or drawing the run throws */
  async update(after: number): Promise<LiveUpdate> {
    // One at a time, and nobody waits for a second one.
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    await this.#refreshing;
    const changed = [...this.#figures.values()].filter(({ version }) => version > after);
    const iteration = this.#last.at(-1)?.iteration ?? 0;
    return {
      version: this.#version,
      status: this.#status(iteration),
      progress: Math.min(1, iteration / this.#run.iterations),
      over: this.#shownEnd !== undefined,
      figures: changed.map(({ figure }) => figure),
    };
  }

  async #refresh(): Promise<void> {
    const start = performance.now();
    if (start < this.#freshUntil) return;
    // An end that comes meanwhile is shown by the next update, with figures that have all of it.
    const end = this.#end;
    this.#last = (await readMetrics(this.#run.metrics)).slice(-WINDOW);
    const figures = await this.#pages.figures();
    this.#take(figures);
    this.#shownEnd = end;
    const now = performance.now();
    const rest = Math.max(FRESH_FOR, REST * (now - start));
    this.#freshUntil = this.#end === end ? now + rest : -Infinity;
  }

  #take(figures: readonly Figure[]): void {
    const version = this.#version + 1;
    for (const figure of figures) {
      const json = JSON.stringify(figure);
      if (this.#figures.get(figure.id)?.json === json) continue;
      this.#figures.set(figure.id, { figure, json, version });
      this.#version = version;
    }
  }

  #status(iteration: number): string {
    const { iterations, imagesPerIteration } = this.#run;
    const metrics = this.#last.at(-1);
    const where = `Iteration ${iteration} of ${iterations}`;
    if (this.#shownEnd !== undefined) return `${where}. ${this.#shownEnd}`;
    if (!metrics) return "Starting.";
    if (iteration >= iterations) return `${where}. Testing.`;
    const seconds = median(this.#last.map(({ time }) => time));
    return [
      where,
      `loss ${median(this.#last.map(({ loss }) => loss)).toFixed(3)}`,
      `IoU threshold ${metrics.rcnn_iou.toFixed(2)}, β ${metrics.rcnn_beta.toFixed(2)}`,
      `${(imagesPerIteration / seconds).toFixed(1)} images a second`,
      `${formatDuration((iterations - iteration) * seconds)} left`,
    ].join(" · ");
  }
}

/** A run that has not begun has none. */
async function readMetrics(path: string): Promise<IterationMetrics[]> {
  try {
    return parseMetrics(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
