/** What the commands say of weights that they loaded. @module */
import { detailLines, summaryLines, type WeightReport } from "../train/weights/match_report.ts";
import { logger } from "./logging.ts";

/** Logs a summary; with `--debug` every tensor as well. */
export function logWeights(report: WeightReport): void {
  const log = logger("weights");
  for (const line of summaryLines(report)) log.info(line);
  for (const warning of report.warnings) log.warn(warning);
  for (const line of detailLines(report)) log.debug(line);
}
