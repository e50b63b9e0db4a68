import type { ConfigPatch } from "../../core/train/config.ts";

/** Multi-scale training: each image's shorter side is drawn from these, its longer one stops at 1400 pixels. */
export const multiScale: ConfigPatch["INPUT"] = {
  MIN_SIZE_TRAIN: [400, 600, 800, 1000, 1200],
  MAX_SIZE_TRAIN: 1400,
};
