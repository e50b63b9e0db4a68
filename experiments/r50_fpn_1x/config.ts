/** The paper's main experiment: Dynamic R-CNN, ResNet-50-FPN, COCO, 1x. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { coco2017 } from "../_base/coco_2017.ts";
import { r50Fpn } from "../_base/r50_fpn.ts";
import { schedule1x } from "../_base/schedule_1x.ts";

export default defineExperiment({ DATASETS: coco2017, SOLVER: schedule1x, MODEL: r50Fpn });

if (import.meta.main) await launch(import.meta);
