import type { ConfigPatch } from "../../core/train/config.ts";

/**
 * A detector that a 2-core CPU trains from random weights: a stem and four bottleneck stages of
 * one block, 16 to 512 channels, GroupNorm instead of frozen BatchNorm (which has no statistics
 * to freeze here), a pyramid of 64 channels and a head of 128.
 */
export const smallGroupNorm = {
  WEIGHT: "",
  BACKBONE: { CONV_BODY: "R-50-FPN", FREEZE_CONV_BODY_AT: 0 },
  RESNETS: {
    STAGE_BLOCKS: [1, 1, 1, 1],
    STEM_FUNC: "StemWithGN",
    TRANS_FUNC: "BottleneckWithGN",
    STEM_OUT_CHANNELS: 16,
    WIDTH_PER_GROUP: 16,
    RES2_OUT_CHANNELS: 64,
    BACKBONE_OUT_CHANNELS: 64,
  },
  // The narrowest layer has 16 channels: two to a group.
  GROUP_NORM: { NUM_GROUPS: 8 },
  ROI_BOX_HEAD: { MLP_HEAD_DIM: 128 },
} as const satisfies ConfigPatch["MODEL"];
