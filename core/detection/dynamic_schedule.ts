/**
 * Dynamic R-CNN's idea (paper §4): training criteria that follow the proposals.
 *
 * Every iteration sees two statistics of its proposals: the K_I-th largest IoU with the ground truth, and
 * the K_E-th smallest regression error. Every C = ITERATION_COUNT iterations the IoU threshold that makes
 * a proposal positive (Dynamic Label Assignment) becomes the mean of the former, and the β of the RoI box
 * loss (Dynamic SmoothL1) the median of the latter. As proposals improve, the threshold rises and β falls.
 * @module
 */
import type { DynamicOptions } from "./options.ts";

/** All that an exact resume needs. */
export interface DynamicState {
  readonly iou: number;
  readonly beta: number;
  readonly ious: readonly number[];
  readonly errors: readonly number[];
}

/** The criteria of a detector without dynamics (Faster R-CNN). */
export interface FixedCriteria {
  readonly FG_IOU_THRESHOLD: number;
  readonly BG_IOU_THRESHOLD: number;
  readonly SMOOTH_L1_BETA: number;
}

/** A median below it leaves β as it is in MMDetection. */
const NO_ERROR = 1e-15;

/** The mean of the two middle values, or the middle one. */
function middle(sorted: readonly number[]): number {
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

/** The IoU threshold and β in force, and the statistics that will change them. */
export class DynamicSchedule {
  readonly #options: DynamicOptions;
  readonly #fixed: FixedCriteria;
  #iou: number;
  #beta: number;
  #ious: number[] = [];
  #errors: number[] = [];

  /** @param fixed the criteria where DLA or DSL is off: ROI_HEADS */
  constructor(options: DynamicOptions, fixed: FixedCriteria) {
    this.#options = options;
    this.#fixed = fixed;
    this.#iou = options.WARMUP_IOU;
    this.#beta = options.WARMUP_BETA;
  }

  /** The IoU from which a proposal is foreground. */
  get iou(): number {
    return this.#options.DLA ? this.#iou : this.#fixed.FG_IOU_THRESHOLD;
  }

  /** The IoU below which a proposal is background: the same, but for fixed criteria that leave a band between. */
  get low(): number {
    return this.#options.DLA ? this.#iou : this.#fixed.BG_IOU_THRESHOLD;
  }

  /** Where SmoothL1 of the RoI box loss turns from quadratic to linear. */
  get beta(): number {
    return this.#options.DSL ? this.#beta : this.#fixed.SMOOTH_L1_BETA;
  }

  /** Takes the statistics of one iteration: K_I-th largest IoU, K_E-th smallest error. */
  observe(statistics: { iou: number; error: number }): void {
    this.#ious.push(statistics.iou);
    this.#errors.push(statistics.error);
  }

  /** True where {@link endIteration} changes the criteria after this 1-based iteration. */
  updatesAfter(iteration: number): boolean {
    return iteration % this.#options.ITERATION_COUNT === 0;
  }

  /**
   * Ends a 1-based iteration; every ITERATION_COUNT-th sets the criteria of the next ones:
   * `iou = max(mean(S_I), WARMUP_IOU)`, `β = min(upper median(S_E), WARMUP_BETA)`.
   *
   * Two departures, both where the original breaks: the mean divides by the statistics there are, not by
   * ITERATION_COUNT (skipped batches leave fewer), and β stays above MIN_BETA, since ground-truth boxes
   * contribute errors of exactly 0 and β = 0 makes gradients NaN.
   *
   * With MMDetection's STATISTICS, β is the median in its usual sense, and stays as it is where that is next to 0.
   */
  endIteration(iteration: number): void {
    const { WARMUP_IOU, WARMUP_BETA, MIN_BETA, STATISTICS } = this.#options;
    if (!this.updatesAfter(iteration) || this.#ious.length === 0) return;
    const mean = this.#ious.reduce((sum, iou) => sum + iou, 0) / this.#ious.length;
    const sorted = this.#errors.toSorted((a, b) => a - b);
    const isTheirs = STATISTICS === "mmdetection";
    const median = isTheirs ? middle(sorted) : sorted[Math.floor(sorted.length / 2)]!;
    this.#iou = Math.max(mean, WARMUP_IOU);
    const keeps = isTheirs && median < NO_ERROR;
    if (!keeps) this.#beta = Math.max(Math.min(median, WARMUP_BETA), MIN_BETA);
    this.#ious = [];
    this.#errors = [];
  }

  /** What {@link restore} takes. */
  state(): DynamicState {
    return { iou: this.#iou, beta: this.#beta, ious: [...this.#ious], errors: [...this.#errors] };
  }

  restore(state: DynamicState): void {
    this.#iou = state.iou;
    this.#beta = state.beta;
    this.#ious = [...state.ious];
    this.#errors = [...state.errors];
  }
}
