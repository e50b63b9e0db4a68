/** What was measured so far: bench/results.json, of which bench/RESULTS.md is the readable form. */
import { UserError } from "../core/runtime/errors.ts";
import { resultsFile } from "./markdown.ts";
import type { BenchOptions } from "./options.ts";
import { type BenchReport, type BenchResult, SUITES } from "./result.ts";

/** Files that results are kept in. */
export interface StoreFiles {
  readonly json: URL;
  readonly markdown: URL;
}

/** Where `--write` keeps results. */
export const STORE: StoreFiles = {
  json: new URL("./results.json", import.meta.url),
  markdown: new URL("./RESULTS.md", import.meta.url),
};

/** Which rows a run meant to measure. */
export type Scope = Pick<BenchOptions, "suites" | "only" | "limit">;

/**
 * Adds a run to what was measured before.
 * @throws UserError where the file is there and no list of reports
 */
export async function store(report: BenchReport, scope: Scope, files = STORE): Promise<void> {
  const reports = withReport(await readReports(files.json), report, scope);
  await Deno.writeTextFile(files.json, printed(reports));
  await Deno.writeTextFile(files.markdown, resultsFile(reports));
}

/** One row a line, so that a change of the file shows which were measured. */
function printed(reports: readonly BenchReport[]): string {
  const texts = reports.map(({ results, ...head }) => {
    const rows = results.map((result) => JSON.stringify(result));
    return `${JSON.stringify(head).slice(0, -1)},"results":[\n${rows.join(",\n")}\n]}`;
  });
  return `[${texts.join(",\n")}]\n`;
}

async function readReports(file: URL): Promise<BenchReport[]> {
  try {
    const reports: unknown = JSON.parse(await Deno.readTextFile(file));
    if (Array.isArray(reports)) return reports;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
  }
  throw new UserError(
    `${file.pathname} is no list of the bench's reports: restore it with git, or delete it.`,
  );
}

/** The reports with this one in that of the same device and adapter, or as the last. */
export function withReport(
  reports: readonly BenchReport[],
  report: BenchReport,
  scope: Scope,
): BenchReport[] {
  const isSame = ({ device, adapter }: BenchReport) =>
    device === report.device && adapter === report.adapter;
  if (!reports.some(isSame)) return [...reports, report];
  return reports.map((before) => isSame(before) ? merged(before, report, scope) : before);
}

function merged(before: BenchReport, report: BenchReport, scope: Scope): BenchReport {
  const peers = { ...before.peers, ...report.peers };
  const missing = Object.entries({ ...before.absent, ...report.absent })
    .filter(([name]) => !(name in peers));
  const results = SUITES.flatMap((suite) => {
    const [old, now] = [before, report].map(({ results }) =>
      results.filter((result) => result.suite === suite)
    );
    const isWhole = scope.suites.includes(suite) && scope.only === undefined &&
      scope.limit === Infinity;
    // A whole suite's rows are all there are: names that it has no longer go.
    return isWhole ? now! : mergedRows(old!, now!);
  });
  return { ...report, peers, absent: Object.fromEntries(missing), results };
}

/** Rows in their places, with what was measured now instead of what was measured before; new ones come last. */
function mergedRows(old: readonly BenchResult[], now: readonly BenchResult[]): BenchResult[] {
  const byName = new Map(old.map((result) => [result.name, result] as const));
  for (const result of now) byName.set(result.name, result);
  return [...byName.values()];
}
