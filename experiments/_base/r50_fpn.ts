import type { ConfigPatch } from "../../core/train/config.ts";

/**
 * ResNet-50 with a feature pyramid. The original starts from Detectron's ImageNet weights (`R-50.pkl`),
 * which cannot be read here yet: without MODEL.WEIGHT training starts from random ones, and says so.
 */
export const r50Fpn = {
  WEIGHT: "",
  BACKBONE: { CONV_BODY: "R-50-FPN", FREEZE_CONV_BODY_AT: 2 },
} as const satisfies ConfigPatch["MODEL"];
