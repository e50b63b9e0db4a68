/** `r101_fpn_1x` trained twice as long. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { schedule2x } from "../_base/schedule_2x.ts";
import r101Fpn1x from "../r101_fpn_1x/config.ts";

export default defineExperiment({ SOLVER: schedule2x }, r101Fpn1x);

if (import.meta.main) await launch(import.meta);
