/** `--profile`: where steps spend their time, as a table in the log and as a timeline in a file. */
import type { Device } from "../runtime/mod.ts";
import { chromeTrace } from "../train/chrome_trace.ts";
import { type ProfileSummary, type Recording, summarizeProfile } from "../train/profile_summary.ts";
import { profileTable } from "../train/profile_table.ts";
import { StepProfiler } from "../train/profiler.ts";
import { logger } from "./logging.ts";

/** Logs the table; writes the timeline to `file`, where given. */
export async function tellProfile(recording: Recording, file?: string): Promise<ProfileSummary> {
  const summary = summarizeProfile(recording);
  const log = logger("profile");
  for (const line of profileTable(summary)) log.info(line);
  if (file !== undefined) {
    await Deno.writeTextFile(file, JSON.stringify(chromeTrace(recording)));
    log.info(`Timeline: ${file} (chrome://tracing and ui.perfetto.dev open it)`);
  }
  return summary;
}

/** What profiles a few steps of a training that ends at `lastIteration`, and tells of them. */
export function trainingProfiler(
  device: Device,
  { lastIteration, file }: { lastIteration: number; file: string },
): StepProfiler {
  return new StepProfiler(device, lastIteration, async (recording) => {
    await tellProfile(recording, file);
  });
}
