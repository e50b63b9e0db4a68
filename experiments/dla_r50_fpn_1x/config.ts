/** `r50_fpn_1x` with dynamic label assignment alone. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import r50Fpn1x from "../r50_fpn_1x/config.ts";

export default defineExperiment({ MODEL: { DYNAMIC_RCNN: { DLA: true, DSL: false } } }, r50Fpn1x);

if (import.meta.main) await launch(import.meta);
