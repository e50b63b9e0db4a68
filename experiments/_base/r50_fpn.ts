import type { ConfigPatch } from "../../core/train/config.ts";

/** ResNet-50 with a feature pyramid, started from Detectron's ImageNet weights. */
export const r50Fpn = {
  WEIGHT: "data/basemodels/R-50.pkl",
  BACKBONE: { CONV_BODY: "R-50-FPN", FREEZE_CONV_BODY_AT: 2 },
} as const satisfies ConfigPatch["MODEL"];
