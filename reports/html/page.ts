/**
 * The page: one HTML document that needs nothing but itself.
 * @module
 */

import { createHash } from "node:crypto";
import { escapeHtml, inlineScript, scriptJson } from "../escape.ts";
import type { LoadedReport } from "../load.ts";
import controls from "../page/controls.js" with { type: "text" };
import download from "../page/download.js" with { type: "text" };
import gallery from "../page/gallery.js" with { type: "text" };
import live from "../page/live.js" with { type: "text" };
import main from "../page/main.js" with { type: "text" };
import plots from "../page/plots.js" with { type: "text" };
import theme from "../page/theme.js" with { type: "text" };
import traces from "../page/traces.js" with { type: "text" };
import galleryStyle from "../page/gallery.css" with { type: "text" };
import layoutStyle from "../page/layout.css" with { type: "text" };
import partsStyle from "../page/parts.css" with { type: "text" };
import printStyle from "../page/print.css" with { type: "text" };
import themeStyle from "../page/theme.css" with { type: "text" };
import { notes, swatch } from "./elements.ts";
import { answerHtml, factsLine } from "./headline.ts";
import { sectionsOf } from "./sections.ts";

/** How the page is made. */
export interface PageOptions {
  /** Plotly's bundle. */
  readonly plotly: string;
  /** The page asks its own server for news (`update.json`). */
  readonly isLive?: boolean;
}

const STYLES = [themeStyle, layoutStyle, partsStyle, galleryStyle, printStyle];
const SCRIPTS = [theme, traces, plots, download, controls, gallery];

/** The page's HTML. */
export function renderPage(report: LoadedReport, { plotly, isLive = false }: PageOptions): string {
  const { data } = report;
  const scripts = [plotly, [...SCRIPTS, ...(isLive ? [live] : []), main].join("\n")]
    .map(inlineScript);
  const sections = sectionsOf(report);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy(scripts, isLive)}">
<title>${escapeHtml(data.title)}</title>
<style>
${STYLES.join("\n")}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
${headerHtml(report)}
${barHtml(report, sections)}
<main id="main">
${sections.map((s) => s.html).join("\n")}
</main>
<noscript><p class="note">The curves and pictures need JavaScript; tables do not.</p></noscript>
<script type="application/json" id="data">${scriptJson(data)}</script>
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}

/**
 * Nothing may be loaded from anywhere, and no script may run but the page's own: the browser itself
 * holds the page to that. Plotly writes style attributes, hence inline styles.
 */
function policy(scripts: readonly string[], isLive: boolean): string {
  const hashes = scripts.map((script) =>
    `'sha256-${createHash("sha256").update(script).digest("base64")}'`
  );
  const connect = isLive ? "; connect-src 'self'" : "";
  return `default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; ` +
    `script-src ${hashes.join(" ")}; base-uri 'none'; form-action 'none'${connect}`;
}

function headerHtml(report: LoadedReport): string {
  const { data } = report;
  return `<header><p class="kind">Dynamic R-CNN · report</p>` +
    `<h1>${escapeHtml(data.title)}</h1>${factsLine(report)}` +
    `<div id="live-status" role="status"></div>` +
    `<div id="answer">${answerHtml(data.answer)}</div>${problemsNotice(data.problems)}</header>`;
}

function problemsNotice(problems: readonly string[]): string {
  if (problems.length === 0) return "";
  const word = problems.length === 1 ? "One thing is" : `${problems.length} things are`;
  return `<details class="problems"><summary>${word} missing or odd</summary>${
    notes(problems)
  }</details>`;
}

/** Contents, key of the groups, and the choice of light and dark: always in reach. */
function barHtml(
  { data }: LoadedReport,
  sections: readonly { readonly id: string; readonly short: string; readonly html: string }[],
): string {
  const links = sections.filter((s) => s.html !== "")
    .map((s) => `<li><a href="#${s.id}">${escapeHtml(s.short)}</a></li>`);
  const keys = data.groups.map((group, g) =>
    `<button type="button" class="key" data-group="${g}" aria-pressed="true" ` +
    `title="Show or hide in all figures">${swatch(group)}${escapeHtml(group.label)}</button>`
  );
  const key = data.groups.length < 2
    ? ""
    : `<div class="keys" role="group" aria-label="Configurations shown">${keys.join("")}</div>`;
  return `<div class="bar"><nav aria-label="Contents"><ul>${links.join("")}</ul></nav>` +
    `<button type="button" id="theme" title="Light, dark, or as the system has it">Theme</button>` +
    `${key}</div>`;
}
