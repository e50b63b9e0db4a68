/**
 * How the runs were made, what they differ in, and what is missing.
 * @module
 */

import { differingKeys, flatten, plainValue } from "../config_keys.ts";
import { escapeHtml } from "../escape.ts";
import { classMeans } from "../figures/classes.ts";
import type { LoadedReport } from "../load.ts";
import type { PlacedRun } from "../groups.ts";
import type { GroupData, ReportData } from "../types.ts";
import { breakable, groupName, table } from "./elements.ts";

/** Facts of a run's environment, in this order; others follow. */
const FACTS = ["adapter", "device", "platform", "deno", "commit", "date"];

/** What has places of its own. */
const ELSEWHERE = ["seed", "command"];

/** What all runs share, what each has of its own, their commands, and the configurations. */
export function provenanceHtml({ data, placed: { runs, groups } }: LoadedReport): string {
  const known = new Set(runs.flatMap((run) => Object.keys(run.environment)));
  const others = [...known].filter((key) => ![...FACTS, ...ELSEWHERE].includes(key));
  const used = [...FACTS.filter((key) => known.has(key)), ...others];
  const isShared = (key: string) =>
    new Set(runs.map((run) => JSON.stringify(run.environment[key]))).size === 1;
  const configs = groups.map(({ label, config, runs }, g) =>
    Object.keys(config).length === 0 ? "" : configHtml(label, {
      text: JSON.stringify(config, null, 2),
      group: data.groups[g],
      note: runs.length > 1 ? `Seed and folder are those of ${runs[0]?.label}.` : "",
    })
  );
  return sharedFacts(runs, used.filter(isShared)) +
    runTable({ data, runs, keys: used.filter((key) => !isShared(key)) }) +
    commandList(runs) + differencesTable(groups, data.groups) + configs.join("");
}

function sharedFacts(runs: readonly PlacedRun[], keys: readonly string[]): string {
  const [first] = runs;
  if (!first || keys.length === 0) return "";
  const rows = keys.map((key) =>
    `<dt>${escapeHtml(key)}</dt><dd>${factText(first.environment[key])}</dd>`
  );
  const heading = runs.length > 1 ? `<p class="note">The same for all runs:</p>` : "";
  return `${heading}<dl>${rows.join("")}</dl>`;
}

function runTable(
  { data, runs, keys }: {
    data: ReportData;
    runs: readonly PlacedRun[];
    keys: readonly string[];
  },
): string {
  const rows = runs.map((run) => {
    const info = data.runs[run.index];
    const short = (key: string) => shortFact(key, run.environment[key]);
    return `<th scope="row">${breakable(run.label)}</th><td>${run.seed ?? "–"}</td>` +
      `<td class="cost">${info?.iteration ?? 0} of ${info?.iterations ?? "?"}</td>` +
      keys.map((key) => `<td class="cost">${factText(short(key))}</td>`).join("") +
      `<td><code>${escapeHtml(run.folder)}</code></td>`;
  });
  const heads = ["Run", "Seed", "Iterations", ...keys.map(escapeHtml), "Folder"];
  return table({ heads, rows, caption: "Each run", className: "made" });
}

/** Ten digits of a commit, a time to the minute. */
function shortFact(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (key === "commit") return value.replace(/^([0-9a-f]{10})[0-9a-f]+/, "$1");
  return key === "date" ? value.replace(/T(\d\d:\d\d).*Z$/, " $1 UTC") : value;
}

function commandList(runs: readonly PlacedRun[]): string {
  const rows = runs.flatMap(({ label, environment: { command } }) =>
    typeof command === "string"
      ? [`<dt>${escapeHtml(label)}</dt><dd><code>${escapeHtml(command)}</code></dd>`]
      : []
  );
  if (rows.length === 0) return "";
  return `<details open><summary>The commands that reproduce them</summary><dl class="commands">${
    rows.join("")
  }</dl></details>`;
}

function factText(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return escapeHtml(typeof value === "string" ? value : JSON.stringify(value));
}

function configHtml(
  label: string,
  { text, group, note }: { text: string; group: GroupData | undefined; note: string },
): string {
  const name = group ? groupName(group) : escapeHtml(label);
  return `<details><summary>Configuration of ${name}</summary>` +
    (note === "" ? "" : `<p class="note">${escapeHtml(note)}</p>`) +
    `<pre tabindex="0">${escapeHtml(text)}</pre></details>`;
}

/** The keys in which configurations differ, in full; empty for one configuration. */
function differencesTable(
  groups: readonly { readonly config: PlacedRun["config"] }[],
  infos: readonly GroupData[],
): string {
  const keys = differingKeys(groups.map((g) => g.config));
  if (keys.length === 0) return "";
  const flat = groups.map((g) => flatten(g.config));
  const rows = keys.map((key) =>
    `<th scope="row"><code>${breakable(key)}</code></th>${
      flat.map((f) => `<td><code>${escapeHtml(plainValue(f.get(key)))}</code></td>`).join("")
    }`
  );
  const heads = ["Key", ...infos.map(groupName)];
  return table({ heads, rows, caption: "Where the configurations differ" });
}

/** More classes than this are folded away at first. */
const OPEN_CLASSES = 12;

/** AP and AP90 of each class, for each group; folded where there are many. */
export function classTable({ data, placed: { groups } }: LoadedReport, dataset: string): string {
  const means = groups.map((group) => classMeans(group, dataset));
  const names = [...new Set(means.flatMap((m) => m.map((c) => c.name)))];
  if (names.length === 0) return "";
  const shown = data.groups.filter((_, g) => (means[g]?.length ?? 0) > 0);
  const rows = names.map((name) => {
    const lines = means.filter((m) => m.length > 0).map((m) => m.find((c) => c.name === name));
    const count = lines.find((c) => c?.annotations !== undefined)?.annotations;
    const cells = lines.map((c) => numberCell(c?.figures.AP) + numberCell(c?.figures.AP90));
    return `<th scope="row">${escapeHtml(name)}</th><td>${count ?? "–"}</td>${cells.join("")}`;
  });
  const heads = ["Class", "Objects", ...shown.flatMap(() => ["AP", "AP90"])];
  const over = `<td colspan="2"></td>` +
    shown.map((g) => `<th colspan="2" scope="colgroup">${groupName(g)}</th>`).join("");
  const caption = `Each class of ${dataset}: AP and AP90, mean over the seeds`;
  const open = names.length <= OPEN_CLASSES ? " open" : "";
  return `<details${open}><summary>Each class by itself (${names.length})</summary>` +
    table({ heads, over, rows, caption, className: "classes" }) + "</details>";
}

/** A figure of 0…1 as a number over a bar; a dash where it is undefined or missing. */
function numberCell(value: number | undefined): string {
  if (value === undefined) return `<td title="nothing of this kind to find">–</td>`;
  return `<td class="share" style="--share:${(100 * value).toFixed(1)}%">${value.toFixed(3)}</td>`;
}
