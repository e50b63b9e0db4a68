/** `quickstart` with dynamic label assignment alone. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import quickstart from "../quickstart/config.ts";

export default defineExperiment({ MODEL: { DYNAMIC_RCNN: { DLA: true, DSL: false } } }, quickstart);

if (import.meta.main) await launch(import.meta);
