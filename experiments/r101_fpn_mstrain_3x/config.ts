/** `r101_fpn_1x` trained three times as long on images of many sizes. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { multiScale } from "../_base/multi_scale.ts";
import { schedule3x } from "../_base/schedule_3x.ts";
import r101Fpn1x from "../r101_fpn_1x/config.ts";

export default defineExperiment({ INPUT: multiScale, SOLVER: schedule3x }, r101Fpn1x);

if (import.meta.main) await launch(import.meta);
