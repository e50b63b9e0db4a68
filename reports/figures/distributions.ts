/**
 * What proposals looked like as the training went on, and what the box loss made of their errors:
 * the paper's Figures 1, 2 and 5 from one's own runs.
 * @module
 */

import { ERROR_NAMES, type Histogram } from "../../core/train/metrics.ts";
import type { Placed, PlacedRun } from "../groups.ts";
import { evenly, short } from "../series.ts";
import type { Figure, Trace, View } from "../types.ts";

/** Stretches of a training that one figure shows. */
const MOMENTS = 5;

/** Points of a curve: more of them show chance rather than shape. */
const MOST_BINS = 30;

const ERRORS = {
  dx: "Δx",
  dy: "Δy",
  dw: "Δw",
  dh: "Δh",
} as const satisfies Record<typeof ERROR_NAMES[number], string>;

/** The largest error drawn of SmoothL1. */
const WIDEST_ERROR = 2;

/** The distributions of IoUs and errors, a figure for each group's first run that has them. */
export function distributionFigures({ groups }: Placed): Figure[] {
  return groups.flatMap(({ label, runs }, g): Figure[] => {
    const run = runs.find((r) => r.metrics.some((m) => m.distributions));
    if (!run) return [];
    const who = runs.length > 1 ? run.label : label;
    return [iouFigure(run, { g, who }), errorFigure(run, { g, who })];
  });
}

interface Shown {
  readonly g: number;
  readonly who: string;
}

function iouFigure(run: PlacedRun, { g, who }: Shown): Figure {
  return {
    id: `iou_distribution_${g}`,
    section: "dynamics",
    title: `Proposals' IoU: ${who}`,
    caption:
      "Share of the RPN's proposals by IoU with the nearest object, in sampled batches, pale " +
      "early and strong late. In the paper's Figure 1 good proposals grow in number, so that a " +
      "fixed threshold of 0.5 asks less and less.",
    x: { title: "IoU", range: [0, 1] },
    y: { title: "share of proposals", scale: "switch", fromZero: true },
    views: [{ label: "IoU", traces: momentTraces(run, (d) => d.iou) }],
  };
}

function errorFigure(run: PlacedRun, { g, who }: Shown): Figure {
  return {
    id: `error_distribution_${g}`,
    section: "dynamics",
    title: `Box errors: ${who}`,
    caption: "Share of the positive proposals by regression target, in the loss's own units; the " +
      "outermost points also hold what lies beyond. In the paper's Figure 2 errors shrink as " +
      "training goes on, so that a β fixed at 1 comes to treat nearly all of them as small.",
    x: { title: "regression target" },
    y: { title: "share of positives", scale: "switch", fromZero: true },
    views: ERROR_NAMES.map((name) => ({
      label: ERRORS[name],
      traces: momentTraces(run, (d) => d.error[name]),
    })),
  };
}

type Sampled = NonNullable<PlacedRun["metrics"][number]["distributions"]>;

function momentTraces(run: PlacedRun, pick: (d: Sampled) => Histogram): Trace[] {
  const moments = run.metrics.flatMap(({ iteration, distributions }) => {
    const histogram = distributions && pick(distributions);
    return histogram && total(histogram) > 0 ? [{ iteration, histogram }] : [];
  });
  const stretches = inStretches(moments);
  return stretches.map(({ when, histogram }, i): Trace => ({
    name: `${run.label}, ${when}`,
    kind: "line",
    group: run.group,
    run: run.index,
    legend: when,
    tone: toneOf(i, stretches.length),
    x: histogram.counts.map((_, bin) =>
      short(((histogram.edges[bin] ?? 0) + (histogram.edges[bin + 1] ?? 0)) / 2)
    ),
    y: histogram.counts.map((count) => short(count / total(histogram))),
  }));
}

interface Moment {
  readonly iteration: number;
  readonly histogram: Histogram;
}

/** Neighbouring moments of the same bins added up: one batch alone holds few positives. */
function inStretches(moments: readonly Moment[]): { when: string; histogram: Histogram }[] {
  const count = Math.min(MOMENTS, moments.length);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor(i * moments.length / count);
    const to = Math.floor((i + 1) * moments.length / count);
    const [first, ...rest] = moments.slice(from, to);
    if (!first) return [];
    const same = rest.filter((m) => m.histogram.counts.length === first.histogram.counts.length);
    const counts = first.histogram.counts.map((value, bin) =>
      same.reduce((sum, m) => sum + (m.histogram.counts[bin] ?? 0), value)
    );
    const last = same.at(-1)?.iteration ?? first.iteration;
    const when = last === first.iteration
      ? `iteration ${last}`
      : `iterations ${first.iteration}–${last}`;
    return [{ when, histogram: coarse({ edges: first.histogram.edges, counts }) }];
  }).flat();
}

/** Neighbouring bins added up until a curve has at most 30 points. */
function coarse({ edges, counts }: Histogram): Histogram {
  const width = Math.ceil(counts.length / MOST_BINS);
  const starts = [...counts.keys()].filter((bin) => bin % width === 0);
  const sum = (from: number) =>
    counts.slice(from, from + width).reduce((total, count) => total + count, 0);
  return {
    edges: [...starts.map((bin) => edges[bin] ?? NaN), edges.at(-1) ?? NaN],
    counts: starts.map(sum),
  };
}

function total({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function toneOf(index: number, count: number): number {
  return count < 2 ? 1 : index / (count - 1);
}

/** SmoothL1 and its gradient at the βs that were in force, a view for each group's first run. */
export function smoothL1Figures({ groups }: Placed): Figure[] {
  const shown = groups.flatMap(({ label, runs }) => {
    const run = runs.find((r) => r.metrics.some((m) => m.rcnn_beta > 0));
    return run ? [{ label, run, betas: betasOf(run) }] : [];
    // Those with the most to show first.
  }).sort((a, b) => b.betas.length - a.betas.length);
  if (shown.length === 0) return [];
  const views = (of: (x: number, beta: number) => number): View[] =>
    shown.map(({ label, run, betas }) => ({ label, traces: betaTraces(run, { betas, of }) }));
  const common = {
    section: "dynamics",
    x: { title: "size of the error", range: [0, WIDEST_ERROR] },
  } as const;
  return [
    {
      ...common,
      id: "smooth_l1",
      title: "SmoothL1 at each β",
      caption: "The box loss that was in force, pale early and strong late: error²/2β below β, " +
        "error − β/2 above it (the paper's Figure 5, left).",
      y: { title: "loss", fromZero: true },
      views: views((x, beta) => x < beta ? x * x / (2 * beta) : x - beta / 2),
    },
    {
      ...common,
      id: "smooth_l1_gradient",
      title: "Its gradient",
      caption: "As β falls, small errors, those of good boxes, push as hard as large ones: " +
        "error/β below β, 1 above it (the paper's Figure 5, right).",
      y: { title: "gradient", fromZero: true },
      views: views((x, beta) => Math.min(1, x / beta)),
    },
  ];
}

interface Beta {
  readonly iteration: number;
  readonly beta: number;
}

/** Some of the βs in force, the first and the last among them, with the iteration they began at. */
function betasOf({ metrics }: PlacedRun): Beta[] {
  const all = metrics.filter((m) => m.rcnn_beta > 0);
  const changes = all.filter((m, i) => m.rcnn_beta !== all[i - 1]?.rcnn_beta);
  return evenly(changes, MOMENTS).map((m) => ({ iteration: m.iteration, beta: m.rcnn_beta }));
}

function betaTraces(
  run: PlacedRun,
  { betas, of }: { betas: readonly Beta[]; of: (x: number, beta: number) => number },
): Trace[] {
  return betas.map(({ iteration, beta }, i): Trace => {
    const grid = Array.from({ length: 81 }, (_, k) => short(k * WIDEST_ERROR / 80));
    // The bend itself is one of the points.
    const x = [...new Set([...grid, Math.min(beta, WIDEST_ERROR)])].sort((a, b) => a - b);
    return {
      name: `${run.label}, β = ${short(beta)} from iteration ${iteration}`,
      kind: "line",
      group: run.group,
      run: run.index,
      legend: `β ${beta.toPrecision(2)}, iteration ${iteration}`,
      tone: toneOf(i, betas.length),
      x,
      y: x.map((error) => short(of(error, beta))),
    };
  });
}
