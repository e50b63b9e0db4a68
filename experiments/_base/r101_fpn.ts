import type { ConfigPatch } from "../../core/train/config.ts";

/** ResNet-101 with a feature pyramid, from Detectron's ImageNet weights; see r50_fpn.ts. */
export const r101Fpn = {
  WEIGHT: "data/basemodels/R-101.pkl",
  BACKBONE: { CONV_BODY: "R-101-FPN", FREEZE_CONV_BODY_AT: 2 },
} as const satisfies ConfigPatch["MODEL"];
