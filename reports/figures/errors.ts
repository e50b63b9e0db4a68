/**
 * What goes wrong: errors by kind, and classes taken for one another.
 * @module
 */

import { ERROR_KINDS, type ErrorShare } from "../../core/eval/mod.ts";
import type { Analysis, DatasetAnalysis } from "../analysis.ts";
import type { Group } from "../groups.ts";
import { short } from "../series.ts";
import { spreadOf } from "../statistics.ts";
import type { Figure, Trace, View } from "../types.ts";

/** More classes than this make a matrix that nobody can read. */
const MOST_CLASSES = 40;

function analysesOf(group: Group, { runs }: DatasetAnalysis): readonly Analysis[] {
  return runs.filter((a) => group.runs.some((run) => run.index === a.run.index));
}

/** What each kind of error costs and how many there are, for each group. */
export function breakdownFigure(
  groups: readonly Group[],
  { analysis, index }: { analysis: DatasetAnalysis | undefined; index: number },
): Figure[] {
  if (!analysis) return [];
  const traces = (of: (share: ErrorShare) => number): Trace[] =>
    groups.flatMap((group, g): Trace[] => {
      const mine = analysesOf(group, analysis);
      if (mine.length === 0) return [];
      const spreads = ERROR_KINDS.map((kind) =>
        spreadOf(mine.map((a) => of(a.errors.errors[kind])))
      );
      const trace: Trace = {
        name: group.label,
        kind: "bars",
        group: g,
        x: [...ERROR_KINDS],
        y: spreads.map((s) => short(s.mean)),
      };
      if (mine.length < 2) return [trace];
      return [{
        ...trace,
        lower: spreads.map((s) => short(s.mean - (s.deviation ?? 0))),
        upper: spreads.map((s) => short(s.mean + (s.deviation ?? 0))),
      }];
    });
  const gains = traces((share) => share.gain);
  if (gains.length === 0) return [];
  return [{
    id: `errors_${index}`,
    section: "detail",
    title: "Errors by kind",
    caption:
      "What each kind of error costs: the AP50 to be gained if it alone were mended; or how " +
      "many there are. Lower is better. Bars: the seeds' standard deviation. The kinds are TIDE's " +
      "(Bolya et al., ECCV 2020); they are defined below.",
    x: { title: "", names: true },
    y: { title: "", fromZero: true },
    views: [
      { label: "AP50 lost", traces: gains },
      { label: "Number", traces: traces((share) => share.count) },
    ],
    height: 300,
    wide: true,
  }];
}

/** A matrix for each group; none where there are too many classes to be read. */
export function confusionFigure(
  groups: readonly Group[],
  { analysis, index }: { analysis: DatasetAnalysis | undefined; index: number },
): Figure[] {
  if (!analysis) return [];
  const { categories } = analysis.truth;
  if (categories.length > MOST_CLASSES) return [];
  const names = categories.map((c) => c.name);
  const views = groups.flatMap((group, g): View[] => {
    const mine = analysesOf(group, analysis);
    if (mine.length === 0) return [];
    const size = names.length + 1;
    const z = Array.from(
      { length: size },
      (_, row) =>
        Array.from({ length: size }, (_, column) =>
          short(
            spreadOf(mine.map((a) => a.confusion.counts[row]?.[column] ?? 0)).mean,
          )),
    );
    const [x, y] = [[...names, "(missed)"], [...names, "(nothing)"]];
    return [{
      label: group.label,
      traces: [{ name: group.label, kind: "heat", group: g, x, y, z }],
    }];
  });
  return [{
    id: `confusion_${index}`,
    section: "detail",
    title: "Which class is taken for which",
    caption:
      `Detections of score ${analysis.threshold} or more, at IoU 0.5; mean over the seeds. ` +
      "Shades are of each row's share. (missed): found by nothing; (nothing): detections of no object.",
    x: { title: "detected as", names: true },
    y: { title: "truth", names: true },
    views,
    height: 300 + 14 * names.length,
  }];
}
