/**
 * How good the runs are on each class.
 * @module
 */

import type { Group } from "../groups.ts";
import type { ClassFigures } from "../run.ts";
import { spreadOf } from "../statistics.ts";
import type { Figure, Trace, View } from "../types.ts";
import type { FiguredDataset } from "./accuracy.ts";

/** More classes than this are no figure any more; the table has them all. */
const MOST_CLASSES = 30;

const FIGURES = ["AP", "AP50", "AP75", "AP90"] as const;

/** A class's mean over a group's runs. */
export interface ClassMean {
  readonly name: string;
  /** 0…1, by figure; undefined where it is nowhere defined. */
  readonly figures: Readonly<Record<typeof FIGURES[number], number | undefined>>;
  readonly annotations: number | undefined;
}

/** The classes of a data set in the order of the first run that has them, by their mean over runs. */
export function classMeans({ runs }: Group, dataset: string): ClassMean[] {
  const rows = runs.flatMap((run) =>
    run.inference.find((i) => i.dataset === dataset)?.perClass ?? []
  );
  return [...Map.groupBy(rows, (row) => row.name)].map(([name, same]) => ({
    name,
    figures: {
      AP: meanOf(same, "AP"),
      AP50: meanOf(same, "AP50"),
      AP75: meanOf(same, "AP75"),
      AP90: meanOf(same, "AP90"),
    },
    annotations: same.find((row) => row.annotations !== undefined)?.annotations,
  }));
}

function meanOf(rows: readonly ClassFigures[], figure: typeof FIGURES[number]) {
  const values = rows.map((row) => row[figure]).filter((value) => value >= 0);
  return values.length === 0 ? undefined : spreadOf(values).mean;
}

/** A point for each class and group; of many classes those on which groups differ most. */
export function classFigure(
  groups: readonly Group[],
  { dataset, index }: FiguredDataset,
): Figure[] {
  const means = groups.map((group) => classMeans(group, dataset));
  const names = [...new Set(means.flatMap((m) => m.map((c) => c.name)))];
  const shown = mostDifferent(names, means);
  if (shown.length === 0) return [];
  const views = FIGURES.flatMap((figure): View[] => {
    const traces = groups.flatMap((group, g): Trace[] => {
      const points = shown.flatMap((name) => {
        const value = means[g]?.find((c) => c.name === name)?.figures[figure];
        return value === undefined ? [] : [{ name, value }];
      });
      if (points.length === 0) return [];
      const [x, y] = [points.map((p) => p.value), points.map((p) => p.name)];
      return [{ name: group.label, kind: "points", group: g, x, y }];
    });
    return traces.length > 0 ? [{ label: figure, traces }] : [];
  });
  if (views.length === 0) return [];
  const cut = shown.length < names.length
    ? `The ${shown.length} of ${names.length} classes on which the runs' AP differs most; the ` +
      "table has all."
    : "Mean over the seeds.";
  return [{
    id: `classes_${index}`,
    section: "detail",
    title: "By class",
    caption: cut,
    x: { title: "", fromZero: true },
    y: { title: "", names: true },
    views,
    height: Math.max(300 + 14 * shown.length, 110 + 24 * shown.length),
  }];
}

function mostDifferent(names: readonly string[], means: readonly ClassMean[][]): string[] {
  if (names.length <= MOST_CLASSES) return [...names];
  const range = (name: string) => {
    const values = means.flatMap((m) => m.find((c) => c.name === name)?.figures.AP ?? []);
    return values.length === 0 ? -1 : Math.max(...values) - Math.min(...values);
  };
  const chosen = new Set(names.toSorted((a, b) => range(b) - range(a)).slice(0, MOST_CLASSES));
  return names.filter((name) => chosen.has(name));
}
