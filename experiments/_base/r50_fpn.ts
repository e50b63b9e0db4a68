import type { ConfigPatch } from "../../core/train/config.ts";

/** ResNet-50 with a feature pyramid, from Detectron's ImageNet weights, which lie where the original's README says. */
export const r50Fpn = {
  WEIGHT: "data/basemodels/R-50.pkl",
  BACKBONE: { CONV_BODY: "R-50-FPN", FREEZE_CONV_BODY_AT: 2 },
} as const satisfies ConfigPatch["MODEL"];
