/**
 * Runs' folders to one self-contained HTML page.
 *
 * ```ts
 * import { writeReport } from "./reports/mod.ts";
 *
 * const runs = ["output/quickstart", "output/quickstart_baseline"];
 * await writeReport({ runs, out: "report.html" });
 * ```
 * @module
 */

export type { ReportSource } from "./load.ts";
export type * from "./types.ts";
export {
  livePage,
  reportData,
  type ReportRequest,
  type ReportSummary,
  writeReport,
} from "./write_report.ts";
