/**
 * How good the runs are: every seed's AP, AP against IoU, by class, by size, precision and recall.
 * @module
 */

import { AP_BY_IOU } from "../../core/eval/types.ts";
import { type Group, valuesOf } from "../groups.ts";
import { compare, CONFIDENCE, spreadOf, tQuantile } from "../statistics.ts";
import { short } from "../series.ts";
import type { Figure, Trace, View } from "../types.ts";

/** A data set as figures know it. */
export interface FiguredDataset {
  readonly dataset: string;
  /** Its place among the report's data sets, which makes ids unique. */
  readonly index: number;
}

/** Every seed's figure, and what the seeds say of the mean. */
export function seedsFigure(
  groups: readonly Group[],
  { dataset, index }: FiguredDataset,
): Figure[] {
  const views = ["AP", "AP50", "AP75", "AP90"].flatMap((figure): View[] => {
    const traces = groups.flatMap((group, g) => seedTraces(group, { g, dataset, figure }));
    return traces.length > 0 ? [{ label: figure, traces }] : [];
  });
  const tested = groups.flatMap((group) => valuesOf(group, { dataset, figure: "AP" }));
  if (views.length === 0 || tested.length < 2) return [];
  return [{
    id: `seeds_${index}`,
    section: "answer",
    title: "Every seed by itself",
    caption:
      "Faint: each seed. Strong, with bars: their mean and its 95 % t interval. Where bars " +
      "overlap widely, the order of the means may be chance.",
    x: { title: "" },
    y: { title: "", names: true },
    views,
    wide: true,
    height: 90 + 40 * groups.length,
  }];
}

function seedTraces(
  group: Group,
  { g, dataset, figure }: { g: number; dataset: string; figure: string },
): Trace[] {
  const values = valuesOf(group, { dataset, figure }).map((v) => v.value);
  if (values.length === 0) return [];
  const { label } = group;
  const { n, mean, deviation } = spreadOf(values);
  const seeds: Trace = {
    name: `${label}, each seed`,
    kind: "cloud",
    group: g,
    x: values,
    y: values.map(() => label),
  };
  const point: Trace = { name: label, kind: "points", group: g, x: [mean], y: [label] };
  if (deviation === undefined) return [point];
  const reach = tQuantile(CONFIDENCE, n - 1) * deviation / Math.sqrt(n);
  return [seeds, { ...point, lower: [mean - reach], upper: [mean + reach] }];
}

/** AP at each IoU that may be asked for, and its gain over the baseline. */
export function iouFigures(groups: readonly Group[], { dataset, index }: FiguredDataset): Figure[] {
  const traces = groups.flatMap((group, g) => apTraces(group, { g, dataset }));
  if (traces.length === 0) return [];
  const gains = gainTraces(groups, dataset);
  const x = { title: "IoU from which a detection counts" };
  const figures: Figure[] = [{
    id: `ap_by_iou_${index}`,
    section: "iou",
    title: "AP against IoU",
    caption: "How well boxes must fit to count: the further right, the closer. Line: mean of the " +
      "seeds; ground: their standard deviation.",
    x,
    y: { title: "AP", fromZero: true },
    views: [{ label: "AP", traces }],
    height: 340,
    wide: gains.length === 0,
  }];
  if (gains.length === 0) return figures;
  return [...figures, {
    id: `gain_by_iou_${index}`,
    section: "iou",
    title: "Gain over the baseline",
    caption:
      "The same, less the baseline's AP, seed by seed where seeds pair. Ground: the 95 % t " +
      "interval of the mean; where it holds 0, the gain may be chance.",
    x,
    y: { title: "AP − baseline's AP" },
    views: [{ label: "Gain", traces: gains }],
    height: 340,
  }];
}

function iouOf(figure: string): number {
  return Number(figure.slice(2)) / 100;
}

function apTraces(group: Group, { g, dataset }: { g: number; dataset: string }): Trace[] {
  const points = AP_BY_IOU.flatMap((figure) => {
    const values = valuesOf(group, { dataset, figure }).map((v) => v.value);
    return values.length === 0 ? [] : [{ x: iouOf(figure), ...spreadOf(values) }];
  });
  if (points.length === 0) return [];
  const line: Trace = {
    name: group.label,
    kind: "line",
    group: g,
    x: points.map((p) => p.x),
    y: points.map((p) => p.mean),
  };
  const spread = points.filter((p) => p.deviation !== undefined);
  if (spread.length === 0) return [line];
  return [{
    name: `${group.label}, standard deviation`,
    kind: "band",
    group: g,
    x: spread.map((p) => p.x),
    lower: spread.map((p) => p.mean - (p.deviation ?? 0)),
    upper: spread.map((p) => p.mean + (p.deviation ?? 0)),
  }, line];
}

function gainTraces(groups: readonly Group[], dataset: string): Trace[] {
  const baseline = groups.find((g) => g.isBaseline);
  if (!baseline) return [];
  return groups.flatMap((group, g): Trace[] => {
    if (group === baseline) return [];
    const points = AP_BY_IOU.flatMap((figure) => {
      const of = (which: Group) => valuesOf(which, { dataset, figure });
      if (of(baseline).length === 0 || of(group).length === 0) return [];
      return [{ x: iouOf(figure), ...compare(of(baseline), of(group)) }];
    });
    if (points.length === 0) return [];
    const [x, y] = [points.map((p) => p.x), points.map((p) => p.mean)];
    const line: Trace = { name: group.label, kind: "line", group: g, x, y };
    const judged = points.flatMap((p) => p.interval ? [{ x: p.x, interval: p.interval }] : []);
    if (judged.length === 0) return [line];
    return [{
      name: `${group.label}, 95 % interval`,
      kind: "band",
      group: g,
      x: judged.map((p) => p.x),
      lower: judged.map((p) => p.interval[0]),
      upper: judged.map((p) => p.interval[1]),
    }, line];
  });
}

const SIZES = [
  ["small", "APs"],
  ["medium", "APm"],
  ["large", "APl"],
] as const;

/** AP of small, medium and large objects. */
export function sizeFigure(groups: readonly Group[], { dataset, index }: FiguredDataset): Figure[] {
  const traces = groups.flatMap((group, g): Trace[] => {
    const points = SIZES.flatMap(([size, figure]) => {
      const values = valuesOf(group, { dataset, figure }).map((v) => v.value);
      return values.length === 0 ? [] : [{ size, ...spreadOf(values) }];
    });
    return points.length === 0 ? [] : [spreadPoints(group, { g, points })];
  });
  if (traces.length === 0) return [];
  return [{
    id: `sizes_${index}`,
    section: "detail",
    title: "By size",
    caption: "AP of objects up to 32², up to 96² and above 96² pixels of area; bars: the seeds' " +
      "standard deviation. A size that the data set lacks is left out.",
    x: { title: "", names: true },
    y: { title: "AP", fromZero: true },
    views: [{ label: "AP", traces }],
  }];
}

function spreadPoints(
  { label }: Group,
  { g, points }: {
    g: number;
    points: readonly { size: string; mean: number; deviation: number | undefined }[];
  },
): Trace {
  const base = {
    name: label,
    kind: "points",
    group: g,
    x: points.map((p) => p.size),
    y: points.map((p) => p.mean),
  } as const;
  if (points.every((p) => p.deviation === undefined)) return base;
  return {
    ...base,
    lower: points.map((p) => p.mean - (p.deviation ?? 0)),
    upper: points.map((p) => p.mean + (p.deviation ?? 0)),
  };
}

/** Precision against recall at three IoUs, mean over classes and seeds. */
export function precisionFigure(
  groups: readonly Group[],
  { dataset, index }: FiguredDataset,
): Figure[] {
  const views = [0.5, 0.75, 0.9].flatMap((iou): View[] => {
    const traces = groups.flatMap((group, g) => precisionTrace(group, { g, dataset, iou }));
    return traces.length > 0 ? [{ label: `IoU ${iou}`, traces }] : [];
  });
  if (views.length === 0) return [];
  return [{
    id: `precision_${index}`,
    section: "detail",
    title: "Precision against recall",
    caption: "Mean over classes and seeds, at 101 recalls as COCO takes them.",
    x: { title: "recall", range: [0, 1] },
    y: { title: "precision", range: [0, 1.02] },
    views,
  }];
}

function precisionTrace(
  { label, runs }: Group,
  { g, dataset, iou }: { g: number; dataset: string; iou: number },
): Trace[] {
  const curves = runs.flatMap(({ inference }) => {
    const found = inference.find((i) => i.dataset === dataset)?.curves;
    const at = found?.iou.findIndex((v) => Math.abs(v - iou) < 1e-6) ?? -1;
    const precision = found?.precision[at];
    return found && precision ? [{ recall: found.recall, precision }] : [];
  });
  const [first] = curves;
  if (!first) return [];
  const y = first.recall.map((_, r) =>
    short(spreadOf(curves.map((c) => c.precision[r] ?? 0)).mean)
  );
  return [{ name: label, kind: "line", group: g, x: first.recall.map(short), y }];
}
