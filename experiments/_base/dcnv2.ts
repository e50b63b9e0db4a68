import type { ConfigPatch } from "../../core/train/config.ts";

/** Modulated deformable convolution in every block of the last three stages (conv3 to conv5). */
export const dcnv2 = {
  RESNETS: { STAGE_WITH_DCN: [false, true, true, true], WITH_MODULATED_DCN: true },
} as const satisfies ConfigPatch["MODEL"];
