/**
 * The record of a run, iteration by iteration: `metrics.jsonl`, one JSON object a line.
 * @module
 */

import { DataError } from "../runtime/errors.ts";

/** How many values fell into each bin: `counts[i]` of them from `edges[i]` to below `edges[i + 1]`. */
export interface Histogram {
  /** Ascending, one more than there are bins. The first and the last bin also hold what lies beyond. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** The parts of a box regression target. */
export const ERROR_NAMES = ["dx", "dy", "dw", "dh"] as const;

/**
 * Distributions over the RPN's proposals of one batch, before any are sampled: the paper's Figures 1
 * and 2 of this run. Ground-truth boxes, which training appends to the proposals, are not counted:
 * each would be an IoU of 1 and an error of 0 that no detector earned.
 */
export interface Distributions {
  /** Largest IoU with any ground-truth box, of every proposal (Figure 1). */
  readonly iou: Histogram;
  /** Regression targets of the proposals that are positive under the IoU threshold in force, weighted as encoded (Figure 2). */
  readonly error: { readonly [Name in typeof ERROR_NAMES[number]]: Histogram };
}

/** One iteration. A number that was not finite is `null` in the file and NaN here. */
export interface IterationMetrics {
  /** From 1. */
  readonly iteration: number;
  /** The sum of the four losses below. */
  readonly loss: number;
  readonly rpn_cls_loss: number;
  readonly rpn_bbox_loss: number;
  readonly rcnn_cls_loss: number;
  readonly rcnn_bbox_loss: number;
  /** The learning rate of weights (biases have BIAS_LR_FACTOR times as much). */
  readonly lr: number;
  /** The IoU threshold of the RoI sampler, in force in this iteration. */
  readonly rcnn_iou: number;
  /** The SmoothL1 β of the RoI box loss, in force in this iteration. */
  readonly rcnn_beta: number;
  /** The statistic K_I seen: the (KI × IMS_PER_GPU)-th largest IoU of the proposals. */
  readonly rcnn_iou_new: number;
  /** The statistic K_E seen: the (KE × IMS_PER_GPU)-th smallest box error. */
  readonly rcnn_error_new: number;
  /** Sampled positive RoIs per image, mean over the batch. */
  readonly positives: number;
  /** L2 norm of all gradients, before clipping. */
  readonly grad_norm: number;
  /** Seconds, all of the iteration. */
  readonly time: number;
  /** Seconds waited for the batch. */
  readonly data_time: number;
  /** Peak of live bytes on the device so far, MiB. */
  readonly memory: number;
  /** The batch's images. */
  readonly image_ids: readonly number[];
  /** In METRICS.DISTRIBUTIONS iterations of a run. */
  readonly distributions?: Distributions;
}

/** The fields of {@link IterationMetrics} that are numbers. */
export const METRIC_NAMES = [
  "iteration",
  "loss",
  "rpn_cls_loss",
  "rpn_bbox_loss",
  "rcnn_cls_loss",
  "rcnn_bbox_loss",
  "lr",
  "rcnn_iou",
  "rcnn_beta",
  "rcnn_iou_new",
  "rcnn_error_new",
  "positives",
  "grad_norm",
  "time",
  "data_time",
  "memory",
] as const satisfies readonly (keyof IterationMetrics)[];

/**
 * The iterations in a `metrics.jsonl`, ascending. A run that was killed and resumed repeats
 * iterations: the later line counts. A line without its end, as a kill leaves it, is left out;
 * what a resumed run wrote behind it in the same line is read. A field that is missing or null is
 * NaN. Throws DataError naming the line where one is anything else.
 */
export function parseMetrics(text: string): IterationMetrics[] {
  const byIteration = new Map<number, IterationMetrics>();
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const row = parseLine(line);
    if (row) byIteration.set(row.iteration, row);
    else if (!isTorn(line)) {
      throw new DataError(
        `Line ${index + 1} of the metrics is not an object with an iteration: ` +
          `${line.slice(0, 60)}; take the line out.`,
      );
    }
  });
  return [...byIteration.values()].sort((a, b) => a.iteration - b.iteration);
}

function parseLine(line: string): IterationMetrics | undefined {
  const whole = parseRow(line);
  if (whole) return whole;
  const behindTornPart = line.lastIndexOf('{"iteration"');
  return behindTornPart > 0 ? parseRow(line.slice(behindTornPart)) : undefined;
}

function isTorn(line: string): boolean {
  return line.startsWith("{") && parseObject(line) === undefined;
}

function parseRow(text: string): IterationMetrics | undefined {
  const row = parseObject(text);
  if (!row || !Number.isSafeInteger(row.iteration)) return undefined;
  const ids: unknown[] = Array.isArray(row.image_ids) ? row.image_ids : [];
  return {
    iteration: number(row.iteration),
    loss: number(row.loss),
    rpn_cls_loss: number(row.rpn_cls_loss),
    rpn_bbox_loss: number(row.rpn_bbox_loss),
    rcnn_cls_loss: number(row.rcnn_cls_loss),
    rcnn_bbox_loss: number(row.rcnn_bbox_loss),
    lr: number(row.lr),
    rcnn_iou: number(row.rcnn_iou),
    rcnn_beta: number(row.rcnn_beta),
    rcnn_iou_new: number(row.rcnn_iou_new),
    rcnn_error_new: number(row.rcnn_error_new),
    positives: number(row.positives),
    grad_norm: number(row.grad_norm),
    time: number(row.time),
    data_time: number(row.data_time),
    memory: number(row.memory),
    image_ids: ids.filter((id) => typeof id === "number"),
    ...parseDistributions(row.distributions),
  };
}

/** Nothing where they are missing or not whole: a plot less is no reason to refuse a run's curves. */
function parseDistributions(value: unknown): Pick<IterationMetrics, "distributions"> {
  const found = fields(value), error = fields(found?.error);
  const iou = parseHistogram(found?.iou);
  const [dx, dy, dw, dh] = ERROR_NAMES.map((name) => parseHistogram(error?.[name]));
  return iou && dx && dy && dw && dh ? { distributions: { iou, error: { dx, dy, dw, dh } } } : {};
}

function parseHistogram(value: unknown): Histogram | undefined {
  const found = fields(value);
  const edges = numbers(found?.edges), counts = numbers(found?.counts);
  return edges && counts && edges.length === counts.length + 1 ? { edges, counts } : undefined;
}

function fields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

function numbers(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: unknown[] = value;
  return items.every((item) => typeof item === "number") ? items : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return fields(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function number(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}
