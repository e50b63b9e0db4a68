/**
 * The page's tables.
 * @module
 */

import { escapeHtml } from "./escape.ts";
import type { ColoredRun } from "./figures.ts";
import { isObject } from "./json.ts";
import type { ClassFigures, Inference } from "./run.ts";

const FIGURES = ["AP", "AP50", "AP75", "AP90", "APs", "APm", "APl", "AR100"];

/** More classes than this are folded away at first. */
const OPEN_CLASSES = 24;

/** A run's results on one data set. */
interface Result {
  readonly run: ColoredRun;
  readonly inference: Inference;
}

/** A run's name behind its colour. */
export function runName(run: ColoredRun): string {
  return `<span class="run"><i style="background:${run.color}"></i>${escapeHtml(run.label)}</span>`;
}

/** The average precisions of each run on a data set, the best of several in bold. */
export function resultsTable(runs: readonly ColoredRun[], dataset: string): string {
  const results = resultsOn(runs, dataset);
  const columns = FIGURES.filter((f) => results.some((r) => r.inference.figures[f] !== undefined));
  const rows = results.map(({ run, inference }) => {
    const cells = columns.map((f) => {
      const value = inference.figures[f];
      const best = results.length > 1 && value !== undefined && value >= 0 &&
        results.every((r) => (r.inference.figures[f] ?? -1) <= value);
      return numberCell(value, best ? "best" : "");
    });
    return `<tr><th scope="row">${runName(run)}</th>${cells.join("")}</tr>`;
  });
  return table(["Run", ...columns], rows);
}

/** How far each run came and what it cost. */
export function trainingTable(runs: readonly ColoredRun[]): string {
  const trained = runs.filter((run) => run.metrics.length > 0);
  if (trained.length === 0) return "";
  const rows = trained.map((run) => {
    const last = run.metrics.at(-1);
    const seconds = run.metrics.map((m) => m.time).filter(Number.isFinite);
    const total = seconds.reduce((sum, s) => sum + s, 0);
    const memory = run.metrics.reduce((most, m) => m.memory > most ? m.memory : most, 0);
    const cells = [
      last ? String(last.iteration) : "–",
      decimal(last?.rcnn_iou, 3),
      decimal(last?.rcnn_beta, 3),
      seconds.length > 0 ? duration(total) : "–",
      seconds.length > 0 ? (total / seconds.length).toPrecision(3) : "–",
      memory > 0 ? `${Math.round(memory)} MiB` : "–",
    ];
    return `<tr><th scope="row">${runName(run)}</th>${
      cells.map((c) => `<td>${c}</td>`).join("")
    }</tr>`;
  });
  return table(["Run", "Iterations", "Last IoU", "Last β", "Time", "s/iteration", "Memory"], rows);
}

/** AP and AP50 of each class, for each run; folded where there are many. */
export function classTable(runs: readonly ColoredRun[], dataset: string): string {
  const results = resultsOn(runs, dataset).filter((r) => r.inference.perClass.length > 0);
  const names = [...new Set(results.flatMap((r) => r.inference.perClass.map((c) => c.name)))];
  if (names.length === 0) return "";
  const byName = results.map((r) => new Map(r.inference.perClass.map((c) => [c.name, c])));
  const rows = names.map((name) => {
    const lines = byName.map((classes) => classes.get(name));
    const count = lines.find((c) => c?.annotations !== undefined)?.annotations;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td>${count ?? "–"}</td>` +
      `${lines.map(classCells).join("")}</tr>`;
  });
  const pair = "<th>AP</th><th>AP50</th>";
  const ofRuns = results.map(({ run }) => `<th colspan="2" class="over">${runName(run)}</th>`);
  const over = results.length > 1 ? `<tr><th></th><th></th>${ofRuns.join("")}</tr>` : "";
  const body = `<div class="scroll"><table class="classes"><thead>${over}<tr><th>Class</th>` +
    `<th>Objects</th>${pair.repeat(results.length)}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table></div>`;
  const open = names.length <= OPEN_CLASSES ? " open" : "";
  return `<details${open}><summary>Each class by itself (${names.length})</summary>${body}</details>`;
}

/** The configuration keys in which runs differ; empty for a single run. */
export function differencesTable(runs: readonly ColoredRun[]): string {
  const flat = runs.map((run) => flatten(run.config));
  const keys = [...new Set(flat.flatMap((f) => [...f.keys()]))]
    .filter((key) => new Set(flat.map((f) => f.get(key))).size > 1);
  if (keys.length === 0) return "";
  const rows = keys.map((key) =>
    `<tr><th scope="row"><code>${escapeHtml(key)}</code></th>${
      flat.map((f) => `<td><code>${escapeHtml(f.get(key) ?? "–")}</code></td>`).join("")
    }</tr>`
  );
  const heads = runs.map((run) => `<th>${runName(run)}</th>`).join("");
  return `<div class="scroll"><table><thead><tr><th>Key</th>${heads}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table></div>`;
}

/** A nested object as its leaves under dotted keys, lists being leaves. */
function flatten(value: Readonly<Record<string, unknown>>, prefix = ""): Map<string, string> {
  return new Map(
    Object.entries(value).flatMap(([key, v]): [string, string][] => {
      const path = prefix + key;
      return isObject(v) ? [...flatten(v, `${path}.`)] : [[path, JSON.stringify(v) ?? "–"]];
    }),
  );
}

function resultsOn(runs: readonly ColoredRun[], dataset: string): Result[] {
  return runs.flatMap((run) =>
    run.inference.filter((i) => i.dataset === dataset).map((inference) => ({ run, inference }))
  );
}

function classCells(figures: ClassFigures | undefined): string {
  return numberCell(figures?.AP, "bar") + numberCell(figures?.AP50, "bar");
}

/** A figure of 0…1 with three decimals; a dash where it is undefined or missing. */
function numberCell(value: number | undefined, className: string): string {
  if (value === undefined || value < 0) return `<td title="nothing of this kind to find">–</td>`;
  const style = className === "bar" ? ` style="--share:${(100 * value).toFixed(1)}%"` : "";
  return `<td class="${className}"${style}>${value.toFixed(3)}</td>`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  const head = heads.map((h) => `<th>${h}</th>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead>` +
    `<tbody>${rows.join("")}</tbody></table></div>`;
}

function decimal(value: number | undefined, digits: number): string {
  return value !== undefined && Number.isFinite(value) ? value.toFixed(digits) : "–";
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${Math.round(seconds)} s`;
  const hours = Math.floor(minutes / 60);
  return hours > 0
    ? `${hours} h ${minutes % 60} min`
    : `${minutes} min ${Math.floor(seconds % 60)} s`;
}
