import type { ConfigPatch } from "../../core/train/config.ts";

/**
 * The published test-time augmentation, 12 views of an image. Off, as in the original's file: the AP of the model table
 * are of one view. `--set TEST.BBOX_AUG.ENABLED=true` switches it on.
 */
export const bboxAug = {
  BBOX_AUG: {
    ENABLED: false,
    H_FLIP: true,
    SCALES: [800, 1000, 1200, 1400, 1600],
    MAX_SIZE: 2000,
    SCALE_H_FLIP: true,
  },
} as const satisfies ConfigPatch["TEST"];
