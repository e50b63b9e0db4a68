/** `r50_fpn_1x` with a ResNet-101. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { r101Fpn } from "../_base/r101_fpn.ts";
import r50Fpn1x from "../r50_fpn_1x/config.ts";

export default defineExperiment({ MODEL: r101Fpn }, r50Fpn1x);

if (import.meta.main) await launch(import.meta);
