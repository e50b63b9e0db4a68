/** The strongest of the model table: `r101_fpn_mstrain_3x` with deformable convolution. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { bboxAug } from "../_base/bbox_aug.ts";
import { dcnv2 } from "../_base/dcnv2.ts";
import r101FpnMstrain3x from "../r101_fpn_mstrain_3x/config.ts";

export default defineExperiment({ TEST: bboxAug, MODEL: dcnv2 }, r101FpnMstrain3x);

if (import.meta.main) await launch(import.meta);
