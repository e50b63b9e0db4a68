import type { ConfigPatch } from "../../core/train/config.ts";

/** 90,000 iterations of 16 images (8 GPUs with 2 each); a smaller batch is scaled by itself. */
export const schedule1x: ConfigPatch["SOLVER"] = {
  BASE_LR: 0.02,
  IMS_PER_BATCH: 16,
  IMS_PER_GPU: 2,
  STEPS: [60_000, 80_000],
  MAX_ITER: 90_000,
};
