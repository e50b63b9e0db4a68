/**
 * What a run's training cost.
 * @module
 */

import { at, numberOf } from "./json.ts";
import type { Run } from "./run.ts";

/** Undefined where the run's metrics do not tell. */
export interface Costs {
  /** All iterations together, loading included. */
  readonly seconds: number | undefined;
  readonly imagesPerSecond: number | undefined;
  /** Peak of live bytes on the device, MiB. */
  readonly peakMemory: number | undefined;
}

/** Time, throughput and memory over all of a run's iterations. */
export function costsOf({ metrics, config }: Run): Costs {
  const timed = metrics.filter((m) => Number.isFinite(m.time));
  const seconds = timed.reduce((sum, m) => sum + m.time, 0);
  const batch = numberOf(at(config, "SOLVER", "IMS_PER_BATCH")) ?? 0;
  const images = timed.reduce((sum, m) => sum + (m.image_ids.length || batch), 0);
  const memory = metrics.reduce((most, m) => m.memory > most ? m.memory : most, 0);
  return {
    seconds: timed.length > 0 ? seconds : undefined,
    imagesPerSecond: seconds > 0 && images > 0 ? images / seconds : undefined,
    peakMemory: memory > 0 ? memory : undefined,
  };
}
