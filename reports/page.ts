/**
 * The page: one HTML text with style, script, data and pictures in it.
 * @module
 */

import { escapeHtml, inlineScript, scriptJson } from "./escape.ts";
import {
  accuracyFigures,
  type ColoredRun,
  courseFigures,
  dynamicFigures,
  type Figure,
  lossFigures,
} from "./figures.ts";
import script from "./page.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import type { Pictures } from "./pictures.ts";
import { classTable, differencesTable, resultsTable, runName, trainingTable } from "./tables.ts";

/** What the page is made of. */
export interface PageContent {
  readonly title: string;
  readonly runs: readonly ColoredRun[];
  /** By data set. */
  readonly pictures: ReadonlyMap<string, Pictures>;
  /** Plotly's bundle. */
  readonly plotly: string;
  /** What was left out; one sentence each. */
  readonly problems: readonly string[];
}

/** Nothing may be loaded from anywhere: the browser itself holds the page to that. */
const POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; " +
  "script-src 'unsafe-inline'";

/** A section's HTML and the figures to be drawn in it. */
interface Section {
  readonly html: string;
  readonly figures: readonly Figure[];
}

/** The page's HTML. */
export function renderPage(content: PageContent): string {
  const { title, runs, plotly } = content;
  const datasets = [...new Set(runs.flatMap((r) => r.inference.map((i) => i.dataset)))];
  const sections = [
    ...datasets.map((dataset, i) => resultsSection(content, dataset, i)),
    dynamicSection(runs),
    figureSection(
      "Losses",
      lossFigures(runs),
      "Smoothed, with the raw values behind. Drag to look closer, double-click to go back.",
    ),
    figureSection("Course of the training", courseFigures(runs)),
    ...datasets.map((dataset) => picturesSection(content, dataset)),
    provenanceSection(runs),
    problemsSection(content.problems),
  ];
  const key = runs.length > 1 ? `<p class="key">${runs.map(runName).join(" ")}</p>` : "";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escapeHtml(title)}</title>
<style>
${style}</style>
</head>
<body>
<header><p class="kind">Dynamic R-CNN · training report</p><h1>${escapeHtml(title)}</h1>
${subtitle(runs)}${key}</header>
<main>
${sections.map((s) => s.html).join("\n")}
</main>
<noscript><p class="note">The curves need JavaScript; tables and pictures do not.</p></noscript>
<script type="application/json" id="figures">${
    scriptJson(sections.flatMap((s) => s.figures))
  }</script>
<script>${inlineScript(plotly)}</script>
<script>
${inlineScript(script)}</script>
</body>
</html>
`;
}

function subtitle(runs: readonly ColoredRun[]): string {
  const [run] = runs;
  if (!run || runs.length > 1) return "";
  const parts = [dateOf(run), run.environment.adapter, commitOf(run)]
    .filter((part) => typeof part === "string").map((part) => escapeHtml(part));
  return parts.length > 0 ? `<p class="note">${parts.join(" · ")}</p>` : "";
}

/** To the minute. */
function dateOf(run: ColoredRun): string | undefined {
  const { date } = run.environment;
  return typeof date === "string" ? date.replace(/T(\d\d:\d\d).*Z$/, " $1 UTC") : undefined;
}

function commitOf(run: ColoredRun): string | undefined {
  const { commit } = run.environment;
  return typeof commit === "string" ? `commit ${commit.replace(/^(\w{10})\w*/, "$1")}` : undefined;
}

function resultsSection({ runs }: PageContent, dataset: string, index: number): Section {
  const figures = accuracyFigures(runs, dataset, index);
  const notes = runs.flatMap((run) =>
    run.inference.filter((i) => i.dataset === dataset).flatMap((i) => i.notes)
  );
  const html = `<section><h2>Results on ${escapeHtml(dataset)}</h2>` +
    resultsTable(runs, dataset) +
    notes.map((n) => `<p class="note">${escapeHtml(n)}</p>`).join("") +
    figureGrid(figures) + classTable(runs, dataset) + "</section>";
  return { html, figures };
}

function dynamicSection(runs: readonly ColoredRun[]): Section {
  const figures = dynamicFigures(runs);
  const training = trainingTable(runs);
  if (figures.length === 0 && training === "") return { html: "", figures };
  const text = "<p>As proposals get better, training asks for more: the IoU that makes a " +
    "proposal positive rises, and the β of the box loss falls, so that small errors of good " +
    "boxes weigh more.</p>";
  const html = `<section><h2>Dynamic training</h2>${text}${
    figureGrid(figures)
  }${training}</section>`;
  return { html, figures };
}

function figureSection(title: string, figures: readonly Figure[], text = ""): Section {
  if (figures.length === 0) return { html: "", figures };
  const note = text ? `<p>${text}</p>` : "";
  return { html: `<section><h2>${title}</h2>${note}${figureGrid(figures)}</section>`, figures };
}

function figureGrid(figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  const cells = figures.map((f) =>
    `<figure class="${f.wide ? "plot wide" : "plot"}"><h3>${escapeHtml(f.title)}</h3>` +
    `<div id="${f.id}" class="canvas"></div>` +
    `<figcaption>${escapeHtml(f.caption)}</figcaption></figure>`
  );
  return `<div class="grid">${cells.join("")}</div>`;
}

function picturesSection({ runs, pictures }: PageContent, dataset: string): Section {
  const shown = pictures.get(dataset);
  if (!shown || shown.html.length === 0) return { html: "", figures: [] };
  const found = runs.filter((r) => r.inference.some((i) => i.dataset === dataset && i.predictions));
  const choice = found.length < 2
    ? ""
    : `<label>Detections of <select class="choose-run">${
      found.map(({ label }) => `<option value="${escapeHtml(label)}">${escapeHtml(label)}</option>`)
        .join("")
    }</select></label> `;
  const boxes = `<label><input type="checkbox" class="show-truth" checked> ` +
    `<span class="truth-key">ground truth</span></label> ` +
    `<label><input type="checkbox" class="show-found" checked> ` +
    `<span class="found-key">detections above ${shown.threshold}</span></label>`;
  const html = `<section class="pictures"><h2>Pictures of ${escapeHtml(dataset)}</h2>` +
    `<p>${shown.html.length} of ${shown.total}, evenly spaced by image id.</p>` +
    `<p class="controls">${choice}${boxes}</p>` +
    `<div class="gallery">${shown.html.join("\n")}</div></section>`;
  return { html, figures: [] };
}

function provenanceSection(runs: readonly ColoredRun[]): Section {
  const differences = differencesTable(runs);
  const heading = differences ? `<h3>Where the configurations differ</h3>${differences}` : "";
  const html = `<section><h2>How it was made</h2>${heading}${
    runs.map(runDetails).join("")
  }</section>`;
  return { html, figures: [] };
}

function runDetails(run: ColoredRun): string {
  const rows = Object.entries({ folder: run.folder, ...run.environment }).map(([key, value]) =>
    `<tr><th scope="row">${escapeHtml(key)}</th><td><code>${
      escapeHtml(typeof value === "string" ? value : JSON.stringify(value) ?? "–")
    }</code></td></tr>`
  );
  const config = Object.keys(run.config).length === 0 ? "" : `<details><summary>Configuration` +
    `</summary><pre>${escapeHtml(JSON.stringify(run.config, null, 2))}</pre></details>`;
  return `<h3>${runName(run)}</h3><div class="scroll"><table class="facts"><tbody>${
    rows.join("")
  }</tbody></table></div>${config}`;
}

function problemsSection(problems: readonly string[]): Section {
  if (problems.length === 0) return { html: "", figures: [] };
  const items = problems.map((p) => `<li>${escapeHtml(p)}</li>`).join("");
  return {
    html: `<section><h2>Left out</h2><ul class="note">${items}</ul></section>`,
    figures: [],
  };
}
