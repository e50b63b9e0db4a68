/** What a run shows while it goes: a bar in a terminal, elsewhere a line every 20 iterations. */
import { formatBytes, formatDuration } from "./format.ts";
import type { IterationMetrics } from "./metrics.ts";

/** Iterations between lines, as in the original. */
const LINE_EVERY = 20;

/** Numbers of the last iterations that a shown value is the median of. */
const WINDOW = 20;

/** Where progress goes. */
export interface ProgressOutput {
  /** A line for people and `train_log.txt`. */
  log(line: string): void;
  /** Redraws the bar; absent where there is no terminal. */
  readonly draw?: (line: string) => void;
}

/** Follows a run from `done` iterations to `total`. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #total: number;
  readonly #recent: IterationMetrics[] = [];
  readonly #imagesPerIteration: number;
  #seconds = 0;
  #seen = 0;

  constructor(output: ProgressOutput, run: { total: number; imagesPerIteration: number }) {
    this.#output = output;
    this.#total = run.total;
    this.#imagesPerIteration = run.imagesPerIteration;
  }

  /** Takes an iteration's figures and shows them when it is time. */
  update(metrics: IterationMetrics): void {
    this.#recent.push(metrics);
    if (this.#recent.length > WINDOW) this.#recent.shift();
    this.#seconds += metrics.time;
    this.#seen += 1;
    const isLineDue = metrics.iteration % LINE_EVERY === 0 || metrics.iteration === this.#total;
    this.#output.draw?.(this.#bar(metrics));
    if (isLineDue) this.#output.log(this.#line(metrics));
  }

  #eta({ iteration }: IterationMetrics): string {
    return formatDuration((this.#total - iteration) * this.#seconds / this.#seen);
  }

  #line(metrics: IterationMetrics): string {
    const shown = (name: keyof IterationMetrics & string, digits = 4) =>
      `${name}: ${this.#median(name).toFixed(digits)} (${
        (metrics[name] as number).toFixed(digits)
      })`;
    return [
      `eta: ${this.#eta(metrics)}`,
      `iter: ${metrics.iteration}`,
      shown("loss"),
      shown("rpn_cls_loss"),
      shown("rpn_bbox_loss"),
      shown("rcnn_cls_loss"),
      shown("rcnn_bbox_loss"),
      `iou: ${metrics.rcnn_iou.toFixed(3)}`,
      `beta: ${metrics.rcnn_beta.toFixed(3)}`,
      shown("time", 3),
      shown("data_time", 3),
      `lr: ${metrics.lr.toFixed(6)}`,
      `max mem: ${formatBytes(metrics.memory * 2 ** 20)}`,
    ].join("  ");
  }

  #bar(metrics: IterationMetrics): string {
    const width = 24;
    const filled = Math.round(width * metrics.iteration / this.#total);
    const images = this.#imagesPerIteration / this.#median("time");
    return [
      `${"█".repeat(filled)}${"░".repeat(width - filled)} ${metrics.iteration}/${this.#total}`,
      `loss ${this.#median("loss").toFixed(3)}`,
      `lr ${metrics.lr.toPrecision(3)}`,
      `iou ${metrics.rcnn_iou.toFixed(2)} β ${metrics.rcnn_beta.toFixed(2)}`,
      `${images.toFixed(1)} img/s`,
      `eta ${this.#eta(metrics)}`,
    ].join("  ");
  }

  #median(name: keyof IterationMetrics): number {
    const values = this.#recent.map((metrics) => metrics[name] as number).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)] ?? NaN;
  }
}
