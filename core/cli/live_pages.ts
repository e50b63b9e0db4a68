/** A run's live page, made by the report. @module */
import { livePage, reportData } from "../../reports/mod.ts";
import type { RunPages } from "./live_run.ts";

/** The pages of the run in `folder`. Pictures and what detections tell come with the page alone: they cost most and do not change. */
export function reportPages(folder: string): RunPages {
  return {
    page: () => livePage({ runs: [folder] }),
    figures: async () => (await reportData({ runs: [folder], pictures: false })).figures,
  };
}
