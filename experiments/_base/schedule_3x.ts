import type { ConfigPatch } from "../../core/train/config.ts";

/** Three times the iterations of schedule_1x.ts; the last drop comes later than in proportion. */
export const schedule3x: ConfigPatch["SOLVER"] = { STEPS: [180_000, 240_000], MAX_ITER: 270_000 };
