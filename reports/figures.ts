/**
 * The page's figures as Plotly data; colours of axes and ground are the page script's.
 * @module
 */

import type { PrecisionCurves } from "../core/eval/types.ts";
import { AP_BY_IOU } from "../core/eval/types.ts";
import type { IterationMetrics } from "../core/train/metrics.ts";
import { escapePlotly } from "./escape.ts";
import type { Run } from "./run.ts";
import { type Points, sample, smooth, steps, thin } from "./series.ts";

/** One curve, in Plotly's terms. */
export interface Trace extends Points {
  readonly name: string;
  readonly mode: "lines" | "markers" | "lines+markers";
  readonly opacity?: number;
  readonly line?: { readonly color: string; readonly width?: number; readonly dash?: string } & {
    readonly shape?: "hv";
  };
  readonly marker?: { readonly color: string; readonly size: number };
  readonly hoverinfo?: "skip";
}

/** A figure; title and caption are HTML text, still to be escaped. */
export interface Figure {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly wide: boolean;
  readonly traces: readonly Trace[];
  readonly xTitle: string;
  readonly xRange?: readonly [number, number];
  readonly yRange?: readonly [number, number];
  readonly yLog?: boolean;
}

/** A run with the colour that stands for it on the page. */
export interface ColoredRun extends Run {
  readonly color: string;
  /** Its name, told apart from the other runs' names. */
  readonly label: string;
}

type NumberField = Exclude<keyof IterationMetrics, "image_ids" | "distributions">;

const CURVES: readonly { field: NumberField; title: string; caption: string; wide?: boolean }[] = [
  { field: "loss", title: "Total loss", caption: "The sum of the four losses below.", wide: true },
  { field: "rpn_cls_loss", title: "RPN, object or not", caption: "Binary cross-entropy." },
  { field: "rpn_bbox_loss", title: "RPN, boxes", caption: "SmoothL1, β = 1/9." },
  { field: "rcnn_cls_loss", title: "RoI head, classes", caption: "Cross-entropy." },
  {
    field: "rcnn_bbox_loss",
    title: "RoI head, boxes",
    caption: "SmoothL1 with the β in force: as β falls, the same error weighs more.",
  },
];

/** The loss curves: smoothed, with the raw values behind. */
export function lossFigures(runs: readonly ColoredRun[]): Figure[] {
  return CURVES.flatMap(({ field, title, caption, wide = false }) => {
    const traces = runs.flatMap((run) => smoothed(run, field));
    return figure({ id: field, title, caption, wide, traces, xTitle: "iteration" });
  });
}

/** The paper's idea at work: what was in force, and the statistics that moved it. */
export function dynamicFigures(runs: readonly ColoredRun[]): Figure[] {
  return [
    ...figure({
      id: "rcnn_iou",
      title: "IoU threshold",
      caption: "Line: the threshold in force, between foreground and background of the RoI " +
        "sampler. Dots: the statistic K_I seen.",
      wide: false,
      traces: runs.flatMap((run) => inForce(run, "rcnn_iou", "rcnn_iou_new")),
      xTitle: "iteration",
    }),
    ...figure({
      id: "rcnn_beta",
      title: "SmoothL1 β",
      caption: "Line: the β in force in the RoI head's box loss. Dots: the statistic K_E seen.",
      wide: false,
      traces: runs.flatMap((run) => inForce(run, "rcnn_beta", "rcnn_error_new")),
      xTitle: "iteration",
    }),
  ];
}

/** Learning rate, positives, gradient norm and time. */
export function courseFigures(runs: readonly ColoredRun[]): Figure[] {
  const figures = [
    {
      id: "lr",
      title: "Learning rate",
      caption: "Of weights; biases have their factor on top.",
      traces: runs.flatMap((run) => plain(run, "lr")),
    },
    {
      id: "positives",
      title: "Positive RoIs",
      caption: "Sampled positives per image; the threshold's rise makes them fewer.",
      traces: runs.flatMap((run) => smoothed(run, "positives")),
    },
    {
      id: "grad_norm",
      title: "Gradient norm",
      caption: "L2, before clipping.",
      traces: runs.flatMap((run) => smoothed(run, "grad_norm")),
      yLog: true,
    },
    {
      id: "time",
      title: "Seconds an iteration",
      caption: "All of it, loading included.",
      traces: runs.flatMap((run) => smoothed(run, "time")),
    },
  ];
  return figures.flatMap((f) => figure({ ...f, wide: false, xTitle: "iteration" }));
}

/** AP against the IoU that is asked for, and precision against recall, on one data set. */
export function accuracyFigures(
  runs: readonly ColoredRun[],
  dataset: string,
  index: number,
): Figure[] {
  const results = runs.flatMap((run) =>
    run.inference.filter((i) => i.dataset === dataset).map((result) => ({ run, result }))
  );
  return [
    ...figure({
      id: `ap_by_iou_${index}`,
      title: "AP against IoU",
      caption: "How well boxes must fit to count; the paper's gain lies on the right.",
      wide: false,
      traces: results.flatMap(({ run, result }) => apByIou(run, result.figures)),
      xTitle: "IoU threshold",
      yRange: [0, 1],
    }),
    ...figure({
      id: `precision_${index}`,
      title: "Precision against recall",
      caption: "Mean over the classes. Solid: IoU 0.5; dashed: 0.75; dotted: 0.9.",
      wide: false,
      traces: results.flatMap(({ run, result }) => precisionRecall(run, result.curves)),
      xTitle: "recall",
      xRange: [0, 1],
      yRange: [0, 1.02],
    }),
  ];
}

/** No figure where there is nothing to draw. What lies behind (raw values) of all runs comes first. */
function figure(f: Figure): Figure[] {
  const isBehind = (trace: Trace) => trace.hoverinfo === "skip";
  const traces = [...f.traces.filter(isBehind), ...f.traces.filter((t) => !isBehind(t))];
  return traces.length > 0 ? [{ ...f, traces }] : [];
}

function series(run: Run, field: NumberField): Points {
  return { x: run.metrics.map((m) => m.iteration), y: run.metrics.map((m) => m[field]) };
}

function smoothed(run: ColoredRun, field: NumberField): Trace[] {
  const raw = thin(series(run, field));
  if (raw.x.length === 0) return [];
  const name = escapePlotly(run.label);
  const { color } = run;
  return [
    { ...raw, name, mode: "lines", opacity: 0.2, line: { color, width: 1 }, hoverinfo: "skip" },
    { ...smooth(series(run, field)), name, mode: "lines", line: { color, width: 2 } },
  ];
}

function inForce(run: ColoredRun, field: NumberField, statistic: NumberField): Trace[] {
  const force = steps(series(run, field));
  const seen = sample(series(run, statistic));
  const name = escapePlotly(run.label);
  const { color } = run;
  const traces: Trace[] = [];
  if (seen.x.length > 0) {
    const marker = { color, size: 4 };
    traces.push({ ...seen, name, mode: "markers", opacity: 0.3, marker, hoverinfo: "skip" });
  }
  if (force.x.length > 0) {
    traces.push({ ...force, name, mode: "lines", line: { color, width: 2.5, shape: "hv" } });
  }
  return traces;
}

function plain(run: ColoredRun, field: NumberField): Trace[] {
  const points = thin(series(run, field));
  if (points.x.length === 0) return [];
  const name = escapePlotly(run.label);
  return [{ ...points, name, mode: "lines", line: { color: run.color, width: 2 } }];
}

function apByIou(run: ColoredRun, figures: Readonly<Record<string, number>>): Trace[] {
  const points = AP_BY_IOU.flatMap((name) => {
    const value = figures[name];
    return value === undefined || value < 0 ? [] : [{ x: Number(name.slice(2)) / 100, y: value }];
  });
  if (points.length === 0) return [];
  return [{
    x: points.map((p) => p.x),
    y: points.map((p) => p.y),
    name: escapePlotly(run.label),
    mode: "lines+markers",
    line: { color: run.color, width: 2 },
    marker: { color: run.color, size: 6 },
  }];
}

function precisionRecall(run: ColoredRun, curves: PrecisionCurves | undefined): Trace[] {
  const styles = [[0.5, "solid"], [0.75, "dash"], [0.9, "dot"]] as const;
  return styles.flatMap(([iou, dash]): Trace[] => {
    const t = curves?.iou.findIndex((v) => Math.abs(v - iou) < 1e-6) ?? -1;
    const y = curves?.precision[t];
    if (!curves || !y) return [];
    const name = escapePlotly(`${run.label}, IoU ${iou}`);
    const line = { color: run.color, width: 2, dash };
    return [{
      x: curves.recall,
      y: y.map((v) => Number(v.toPrecision(5))),
      name,
      mode: "lines",
      line,
    }];
  });
}
