/**
 * Runs' folders to one self-contained HTML page.
 *
 * ```ts
 * import { writeReport } from "./reports/mod.ts";
 *
 * await writeReport(["output/quickstart", "output/quickstart_baseline"], "report.html");
 * ```
 * @module
 */

export { type ReportOptions, type ReportSummary, writeReport } from "./write_report.ts";
