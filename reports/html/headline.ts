/**
 * The top of the page: the answer, and the table that it was read from.
 * @module
 */

import { pText, signed } from "../answer.ts";
import { differingKeys, flatten, plainValue, shortKey } from "../config_keys.ts";
import { escapeHtml } from "../escape.ts";
import { type Group, valuesOf } from "../groups.ts";
import { compare, spreadOf } from "../statistics.ts";
import type { LoadedReport } from "../load.ts";
import type { RunData } from "../types.ts";
import { groupName, table } from "./elements.ts";

const FIGURES = ["AP", "AP50", "AP75", "AP90", "APs", "APm", "APl"];

/** More differing keys than this share a column. */
const KEY_COLUMNS = 3;

/** The answer as HTML: its first sentence leads. */
export function answerHtml(answer: string): string {
  // A full stop within a number or a name has no space and capital behind it.
  const end = answer.search(/[.)] (?=[A-Z])/);
  const [lead, rest] = end < 0 ? [answer, ""] : [answer.slice(0, end + 1), answer.slice(end + 2)];
  const more = rest === "" ? "" : `<p class="answer-more">${escapeHtml(rest)}</p>`;
  return `<p class="answer">${escapeHtml(lead)}</p>${more}`;
}

/** One line of what was compared: runs, iterations, data set. */
export function factsLine({ data, placed, datasets }: LoadedReport): string {
  const lengths = [...new Set(data.runs.map((run) => run.iterations))];
  const [length] = lengths;
  const iterations = lengths.length > 1
    ? ", of different lengths"
    : length === undefined
    ? ""
    : `, ${length} iterations${data.runs.length > 1 ? " each" : ""}`;
  const { runs, groups } = placed;
  const kinds = groups.length === 1 ? "1 configuration" : `${groups.length} configurations`;
  const what = runs.length === 1 ? "1 run" : `${runs.length} runs of ${kinds}`;
  const images = runs.flatMap((r) => r.inference)
    .find((i) => i.dataset === datasets[0])?.images;
  const tested = datasets[0] === undefined
    ? "not tested yet"
    : `tested on ${datasets.join(", ")}${images === undefined ? "" : ` (${images} images)`}`;
  const parts = [what + iterations, tested];
  return `<p class="facts">${escapeHtml(parts.join(" · "))}</p>`;
}

/** A row for each group: what differs, its figures, its gain, its costs. */
export function headlineTable(report: LoadedReport, dataset: string | undefined): string {
  const { data, placed: { groups } } = report;
  const keys = differingKeys(groups.map((g) => g.config));
  const figures = FIGURES.filter((figure) =>
    dataset !== undefined && groups.some((g) => valuesOf(g, { dataset, figure }).length > 0)
  );
  const baseline = groups.find((g) => g.isBaseline);
  const gain = baseline && dataset !== undefined ? ["Δ AP"] : [];
  const heads = [
    "Configuration",
    ...keyHeads(keys),
    ...(groups.some((g) => g.runs.length > 1) ? ["Seeds"] : []),
    ...figures,
    ...gain,
    "Training",
    "Images/s",
    "Peak memory",
  ];
  const best = bestMeans(groups, { figures, dataset });
  const rows = groups.map((group, g) => {
    const info = data.groups[g];
    const name = (info ? groupName(info) : "") +
      (group.isBaseline ? ` <span class="tag">baseline</span>` : "");
    return `<th scope="row">${name}</th>${keyCells(group, keys)}` +
      (groups.some((other) => other.runs.length > 1) ? `<td>${group.runs.length}</td>` : "") +
      figures.map((figure) => figureCell(group, { figure, dataset, best })).join("") +
      (gain.length > 0 ? gainCell(group, { baseline, dataset }) : "") +
      costCells(data.runs.filter((run) => run.group === g));
  });
  const caption = dataset === undefined ? "The runs" : `Results on ${dataset}`;
  return table({ heads, rows, caption, className: "headline" });
}

function keyHeads(keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  if (keys.length > KEY_COLUMNS) return ["Differs in"];
  return keys.map((key) =>
    `<abbr title="${escapeHtml(key)}">${escapeHtml(shortKey(key, keys))}</abbr>`
  );
}

function keyCells({ config }: Group, keys: readonly string[]): string {
  if (keys.length === 0) return "";
  const flat = flatten(config);
  const value = (key: string) => escapeHtml(plainValue(flat.get(key)));
  if (keys.length <= KEY_COLUMNS) {
    return keys.map((key) => `<td class="setting"><code>${value(key)}</code></td>`).join("");
  }
  const first = keys.slice(0, KEY_COLUMNS + 1).map((key) =>
    `<code>${escapeHtml(shortKey(key, keys))} = ${value(key)}</code>`
  );
  const rest = keys.length - first.length;
  const more = rest > 0 ? `<br><a href="#provenance">and ${rest} more</a>` : "";
  return `<td class="setting">${first.join("<br>")}${more}</td>`;
}

interface CellContext {
  readonly dataset: string | undefined;
}

function bestMeans(
  groups: readonly Group[],
  { figures, dataset }: { figures: readonly string[]; dataset: string | undefined },
): Map<string, number> {
  const means = (figure: string) => groups.flatMap((g) => meanOf(g, { figure, dataset }) ?? []);
  return groups.length < 2 ? new Map() : new Map(
    figures.map((figure) => [figure, Math.max(...means(figure))]),
  );
}

function meanOf(group: Group, { figure, dataset }: CellContext & { figure: string }) {
  if (dataset === undefined) return undefined;
  const values = valuesOf(group, { dataset, figure }).map((v) => v.value);
  return values.length === 0 ? undefined : spreadOf(values).mean;
}

function figureCell(
  group: Group,
  { figure, dataset, best }: CellContext & { figure: string; best: ReadonlyMap<string, number> },
): string {
  const values = dataset === undefined ? [] : valuesOf(group, { dataset, figure });
  if (values.length === 0) return `<td title="nothing of this kind was tested">–</td>`;
  const { mean, deviation } = spreadOf(values.map((v) => v.value));
  const spread = deviation === undefined ? "" : `<small>± ${deviation.toFixed(3)}</small>`;
  const isBest = best.get(figure) === mean;
  return `<td${isBest ? ` class="best"` : ""}><b>${mean.toFixed(3)}</b>${spread}</td>`;
}

function gainCell(
  group: Group,
  { baseline, dataset }: CellContext & { baseline: Group | undefined },
): string {
  if (!baseline || dataset === undefined || group === baseline) return "<td>–</td>";
  const of = (which: Group) => valuesOf(which, { dataset, figure: "AP" });
  if (of(baseline).length === 0 || of(group).length === 0) return "<td>–</td>";
  const { mean, interval, p, paired } = compare(of(baseline), of(group));
  const spread = interval === undefined || p === undefined
    ? `<small>one seed</small>`
    : `<small>${signed(interval[0])} to ${signed(interval[1])}</small>`;
  const how = interval === undefined || p === undefined
    ? "One seed: the noise is unknown."
    : `95 % t interval, ${paired ? "paired by seed" : "unpaired"}, ${pText(p)} uncorrected`;
  return `<td title="${escapeHtml(how)}"><b>${signed(mean)}</b>${spread}</td>`;
}

function costCells(runs: readonly RunData[]): string {
  const mean = (pick: (run: RunData) => number | undefined) => {
    const values = runs.flatMap((run) => pick(run) ?? []);
    return values.length === 0 ? undefined : spreadOf(values).mean;
  };
  const seconds = mean((run) => run.seconds);
  const speed = mean((run) => run.imagesPerSecond);
  const memory = runs.flatMap((run) => run.peakMemory ?? []);
  return `<td class="cost">${seconds === undefined ? "–" : duration(seconds)}</td>` +
    `<td class="cost">${speed === undefined ? "–" : speed.toPrecision(3)}</td>` +
    `<td class="cost">${memory.length === 0 ? "–" : `${Math.round(Math.max(...memory))} MiB`}</td>`;
}

/** Seconds as people say them. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${Math.round(seconds)} s`;
  const hours = Math.floor(minutes / 60);
  return hours > 0
    ? `${hours} h ${minutes % 60} min`
    : `${minutes} min ${Math.floor(seconds % 60)} s`;
}
