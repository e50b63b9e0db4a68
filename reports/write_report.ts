/**
 * Runs' folders to one self-contained HTML page, or to the page's data alone.
 * @module
 */

import { dirname, resolve } from "node:path";
import { renderPage } from "./html/page.ts";
import { loadReport, type ReportSource } from "./load.ts";
import type { ReportData } from "./types.ts";

/** A report that is to be written. */
export interface ReportRequest extends ReportSource {
  /** The HTML file. */
  readonly out: string;
}

/** What became of a report. */
export interface ReportSummary {
  /** The page, an absolute path. */
  readonly file: string;
  readonly bytes: number;
  /** What is missing on the page and why: one sentence each, empty where all is there. */
  readonly problems: readonly string[];
}

/**
 * Writes one HTML page that shows a run, or compares several, at once or not at all. The page needs
 * nothing but itself and loads nothing.
 * Throws UsageError without runs or with a baseline that is none of them, DataError for a folder
 * that is not there or holds no run.
 */
export async function writeReport({ out, ...source }: ReportRequest): Promise<ReportSummary> {
  const report = await loadReport(source);
  const html = renderPage(report, { plotly: await readPlotly() });
  const file = resolve(out);
  await replaceFile(file, html);
  const bytes = new TextEncoder().encode(html).length;
  return { file, bytes, problems: report.data.problems };
}

/** The page's data alone. Throws as {@link writeReport} does. */
export async function reportData(source: ReportSource): Promise<ReportData> {
  return (await loadReport(source)).data;
}

/**
 * The page of a run in progress, as HTML to be served: it asks its server for
 * `update.json?after=VERSION` (a LiveUpdate) every two seconds until the run is over, and may ask
 * for nothing else. Throws as {@link writeReport} does.
 */
export async function livePage(source: ReportSource): Promise<string> {
  return renderPage(await loadReport(source), { plotly: await readPlotly(), isLive: true });
}

function readPlotly(): Promise<string> {
  return Deno.readTextFile(new URL(import.meta.resolve("plotly.js-cartesian-dist-min")));
}

async function replaceFile(file: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.tmp-${Deno.pid}`;
  try {
    await Deno.writeTextFile(temporary, text);
    await Deno.rename(temporary, file);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}
