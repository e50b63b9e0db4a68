import type { ConfigPatch } from "../../core/train/config.ts";

/** Twice the iterations of schedule_1x.ts, with the drops where they were in proportion. */
export const schedule2x: ConfigPatch["SOLVER"] = { STEPS: [120_000, 160_000], MAX_ITER: 180_000 };
