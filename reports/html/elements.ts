/**
 * Small pieces of HTML that sections share.
 * @module
 */

import { escapeHtml } from "../escape.ts";
import type { Figure, GroupData } from "../types.ts";

/** How many colours, line styles and markers the palette has (page/theme.css, page/theme.js). */
const PALETTE = 8;

/** Stroke patterns of a 30-pixel swatch, as Plotly's dashes look. */
const DASHES = ["7 3", "", "2 3", "8 3 2 3", "11 3", "11 3 2 3", "4 2", "1 2"];

/** Marker outlines around (15, 6), in the order of Plotly's symbols in page/theme.js. */
const MARKERS = [
  "M11.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
  "M12 3h6v6h-6z",
  "M15 2l4 4-4 4-4-4z",
  "M15 2l4 7h-8z",
  "M15 10l4-7h-8z",
  "M14 2h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
  "M15 1.5l1.3 3 3.2.3-2.4 2.1.7 3.2-2.8-1.7-2.8 1.7.7-3.2-2.4-2.1 3.2-.3z",
  "M12.5 2.5h5l2 3.5-2 3.5h-5l-2-3.5z",
];

/** A group's colour, line style and marker, as every figure draws it. */
export function swatch({ color }: GroupData): string {
  const i = color % PALETTE;
  return `<svg class="swatch c${i}" viewBox="0 0 30 12" aria-hidden="true">` +
    `<path d="M1 6h28" stroke-dasharray="${DASHES[i]}"/><path class="mark" d="${
      MARKERS[i]
    }"/></svg>`;
}

/** A name as HTML that may break where its parts meet, so that a narrow column does not cut words. */
export function breakable(name: string): string {
  return name.split(/(?<=[_/.,-])/).map(escapeHtml).join("<wbr>");
}

/** A group's name behind its swatch. */
export function groupName(group: GroupData): string {
  return `<span class="group">${swatch(group)}<span>${breakable(group.label)}</span></span>`;
}

/** A section with its heading; empty where there is nothing in it. */
export function section(
  id: string,
  { title, lead = "", body }: { title: string; lead?: string; body: string },
): string {
  if (body === "") return "";
  const text = lead === "" ? "" : `<p class="lead">${escapeHtml(lead)}</p>`;
  return `<section id="${id}" aria-labelledby="${id}-title">` +
    `<h2 id="${id}-title">${escapeHtml(title)}</h2>${text}${body}</section>`;
}

/** Places for figures, which the page's script draws and gives their buttons. */
export function figureGrid(figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  return `<div class="grid">${figures.map(figureShell).join("")}</div>`;
}

function figureShell({ id, title, caption, wide = false, height = 280 }: Figure): string {
  return `<figure class="plot${wide ? " wide" : ""}" id="figure-${id}" data-figure="${id}">` +
    `<div class="plot-head"><h3>${escapeHtml(title)}</h3><div class="tools"></div></div>` +
    `<div class="legend"></div><div class="canvas" style="height:${height}px" role="img" ` +
    `aria-label="${escapeHtml(title)}"></div><figcaption>${
      escapeHtml(caption)
    }</figcaption></figure>`;
}

/** A table that scrolls sideways where it is too wide, reachable by keyboard. */
export function table(
  { heads, rows, caption, over = "", className = "" }: {
    /** HTML of each column's heading. */
    readonly heads: readonly string[];
    /** HTML of a row of headings above those, where they have a common one. */
    readonly over?: string;
    /** HTML of each row's cells, `<th scope="row">` first. */
    readonly rows: readonly string[];
    /** Text that says what the table holds. */
    readonly caption: string;
    readonly className?: string;
  },
): string {
  const head = heads.map((h) => `<th scope="col">${h}</th>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}">` +
    `<table class="${className}"><caption>${escapeHtml(caption)}</caption>` +
    `<thead>${over === "" ? "" : `<tr class="over">${over}</tr>`}<tr>${head}</tr></thead><tbody>${
      rows.map((cells) => `<tr>${cells}</tr>`).join("")
    }</tbody></table></div>`;
}

/** A list of sentences. */
export function notes(sentences: readonly string[]): string {
  if (sentences.length === 0) return "";
  return `<ul class="notes">${sentences.map((s) => `<li>${escapeHtml(s)}</li>`).join("")}</ul>`;
}
