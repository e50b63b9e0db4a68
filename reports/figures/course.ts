/**
 * Curves over the iterations, on one axis for all runs: losses, learning rate, criteria in force.
 * @module
 */

import type { IterationMetrics } from "../../core/train/metrics.ts";
import type { Group, Placed, PlacedRun } from "../groups.ts";
import {
  evenly,
  meanBand,
  MOST_POINTS,
  movingMean,
  type Points,
  sample,
  steps,
  thin,
} from "../series.ts";
import type { Axis, Figure, Trace } from "../types.ts";

/** The fields of a line of metrics that are numbers. */
export type NumberField = Exclude<keyof IterationMetrics, "image_ids" | "distributions">;

/** Points on the page for one curve of every run together. */
const SHARED_POINTS = 4800;

const FEWEST_POINTS = 60;

interface Course {
  readonly field: NumberField;
  readonly title: string;
  readonly caption: string;
  readonly unit?: string;
  readonly isExact?: boolean;
  readonly isLog?: boolean;
}

const COURSES: readonly Course[] = [
  {
    field: "loss",
    title: "Total loss",
    caption: "The sum of the four losses below. Losses of runs with different β are not alike: a " +
      "smaller β makes the same box error count more.",
  },
  { field: "rpn_cls_loss", title: "RPN, object or not", caption: "Binary cross-entropy." },
  { field: "rpn_bbox_loss", title: "RPN, boxes", caption: "SmoothL1, β = 1/9." },
  { field: "rcnn_cls_loss", title: "RoI head, classes", caption: "Cross-entropy." },
  {
    field: "rcnn_bbox_loss",
    title: "RoI head, boxes",
    caption: "SmoothL1 with the β in force: where β falls, the same error weighs more.",
  },
  {
    field: "lr",
    title: "Learning rate",
    caption: "Of weights; biases have their factor on top.",
    isExact: true,
  },
  {
    field: "grad_norm",
    title: "Gradient norm",
    caption: "L2 over all parameters, before clipping.",
    isLog: true,
  },
  {
    field: "time",
    title: "Seconds an iteration",
    caption: "All of it, loading included.",
    unit: "s",
  },
];

/** Losses, learning rate, gradient norm and time: smoothed, with each run's raw values behind. */
export function courseFigures({ groups, runs }: Placed): Figure[] {
  return COURSES.flatMap((course): Figure[] => {
    const traces = course.isExact
      ? groups.flatMap((g) => exact(g, course.field))
      : smoothed(groups, { field: course.field, points: pointsFor(runs.length) });
    if (traces.length === 0) return [];
    return [{
      id: course.field,
      section: "training",
      title: course.title,
      caption: course.caption,
      x: iterationAxis(runs),
      y: { title: course.unit ?? "", scale: course.isLog ? "log" : "switch", fromZero: true },
      views: [{ label: course.title, traces }],
    }];
  });
}

/** The paper's idea at work: what was in force, the statistics that moved it, and what it did. */
export function criteriaFigures({ groups, runs }: Placed): Figure[] {
  const points = pointsFor(runs.length);
  const figure = (id: string, parts: Pick<Figure, "title" | "caption"> & { traces: Trace[] }) => {
    const { traces, ...text } = parts;
    if (traces.length === 0) return [];
    const axes = { x: iterationAxis(runs), y: { title: "", fromZero: true } };
    const views = [{ label: parts.title, traces }];
    return [{ id, section: "dynamics" as const, ...text, ...axes, views }];
  };
  return [
    ...figure("rcnn_iou", {
      title: "IoU threshold of positives",
      caption: "Line: the threshold in force in the RoI sampler, mean of the seeds. Dots: the " +
        "statistic seen in each batch, the K_I-th largest IoU of its proposals. Dynamic label " +
        "assignment lets the line follow the dots.",
      traces: inForce(groups, { value: "rcnn_iou", statistic: "rcnn_iou_new", points }),
    }),
    ...figure("rcnn_beta", {
      title: "SmoothL1 β",
      caption: "Line: the β in force in the RoI head's box loss, mean of the seeds. Dots: the " +
        "statistic seen in each batch, the K_E-th smallest box error. Dynamic SmoothL1 lets the " +
        "line follow the dots.",
      traces: inForce(groups, { value: "rcnn_beta", statistic: "rcnn_error_new", points }),
    }),
    ...figure("positives", {
      title: "Positives per image",
      caption: "RoIs sampled as positive. A rising threshold makes them fewer, better proposals " +
        "make them more.",
      traces: smoothed(groups, { field: "positives", points }),
    }).map((f) => ({ ...f, wide: true })),
  ];
}

/** The same for all curves, so that one moment stands at one place everywhere. */
function iterationAxis(runs: readonly PlacedRun[]): Axis {
  const last = Math.max(1, ...runs.map((run) => run.metrics.at(-1)?.iteration ?? 1));
  return { title: "iteration", range: [0, last] };
}

/** Fewer points a curve where there are many runs, so that the page stays small. */
function pointsFor(runs: number): number {
  return Math.min(MOST_POINTS, Math.max(FEWEST_POINTS, Math.floor(SHARED_POINTS / runs)));
}

function series({ metrics }: PlacedRun, field: NumberField): Points {
  return { x: metrics.map((m) => m.iteration), y: metrics.map((m) => m[field]) };
}

/** Raw curves of all runs first, so that they lie behind; then bands and means of the groups. */
function smoothed(
  groups: readonly Group[],
  { field, points }: { field: NumberField; points: number },
): Trace[] {
  const raw = groups.flatMap((group) =>
    group.runs.map((run) => rawTrace(run, { points: thin(series(run, field), points) }))
  );
  const means = groups.flatMap((group, g) => {
    const curves = group.runs.map((run) => {
      const { x, y } = series(run, field);
      return { x, y: movingMean(y) };
    });
    return bandAndLine(group, { group: g, kind: "line", ...meanBand(curves, points) });
  });
  return [...raw.filter(hasPoints), ...means.filter(hasPoints)];
}

function inForce(
  groups: readonly Group[],
  { value, statistic, points }: { value: NumberField; statistic: NumberField; points: number },
): Trace[] {
  const clouds = groups.flatMap((group) =>
    group.runs.map((run): Trace => ({
      ...rawTrace(run, { points: sample(series(run, statistic), Math.ceil(points / 2)) }),
      kind: "cloud",
    }))
  );
  const lines = groups.flatMap((group) => exact(group, value));
  return [...clouds.filter(hasPoints), ...lines];
}

/** What holds from step to step: the mean of the group's runs wherever one of them changes. */
function exact(group: Group, field: NumberField): Trace[] {
  const runs = group.runs.filter((run) => run.metrics.length > 0);
  const [first] = runs;
  if (!first) return [];
  const { x, y, lower, upper } = meanBand(runs.map((run) => series(run, field)), Infinity);
  const kept = new Set(
    [y, lower, upper].flatMap((values) => steps({ x, y: values }).x),
  );
  const at = evenly([...x.keys()].filter((i) => kept.has(x[i] ?? NaN)), MOST_POINTS);
  const take = (values: readonly number[]) => at.map((i) => values[i] ?? NaN);
  const points = { x: take(x), y: take(y), lower: take(lower), upper: take(upper) };
  return bandAndLine(group, { group: first.group, kind: "step", ...points }).filter(hasPoints);
}

function bandAndLine(
  { label, runs }: Group,
  { group, kind, x, y, lower, upper }: {
    group: number;
    kind: "line" | "step";
    x: readonly number[];
    y: readonly number[];
    lower: readonly number[];
    upper: readonly number[];
  },
): Trace[] {
  const line: Trace = { name: label, kind, group, x, y };
  if (runs.length < 2 || lower.every((v, i) => v === upper[i])) return [line];
  const name = `${label}, least and greatest of ${runs.length} runs`;
  return [{ name, kind: "band", group, x, lower, upper, stepped: kind === "step" }, line];
}

function rawTrace(run: PlacedRun, { points }: { points: Points }): Trace {
  return { name: run.label, kind: "raw", group: run.group, run: run.index, ...points };
}

function hasPoints(trace: Trace): boolean {
  return trace.x.length > 0;
}
