/** MMDetection's `dynamic_rcnn_r50_fpn_1x`: its weights, its geometry, its training recipe. @module */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { coco2017 } from "../_base/coco_2017.ts";

/** Batches of 16 in COCO's 117,266 training images that have boxes. */
const EPOCH = 7330;

export default defineExperiment({
  INPUT: {
    TO_BGR255: false,
    PIXEL_MEAN: [0.485, 0.456, 0.406],
    PIXEL_STD: [0.229, 0.224, 0.225],
    RESIZE: "opencv",
  },
  DATASETS: coco2017,
  MODEL: {
    WEIGHT: "data/basemodels/resnet50-0676ba61.pth",
    WEIGHT_NAMES: "mmdetection",
    BOX_OFFSET: 0,
    LIMIT_SHRINKING: true,
    RPN: {
      ANCHOR_LAYOUT: "mmdetection",
      STRADDLE_THRESH: -1,
      MIN_SIZE: 1e-6, // sides above 0
      FPN_POST_NMS_PER_BATCH: false,
      FPN_POST_NMS_TOP_N_TRAIN: 1000,
      SMOOTH_L1_BETA: 1e-9, // L1
      LOW_QUALITY_IOU: 0.3,
    },
    RESNETS: { STRIDE_IN_1X1: false },
    DYNAMIC_RCNN: { STATISTICS: "mmdetection", MIN_BETA: 1e-15 },
    ROI_BOX_HEAD: { POOLER_ALIGNED: true, POOLER_SAMPLING_RATIO: 0 },
  },
  SOLVER: {
    MAX_ITER: 12 * EPOCH,
    STEPS: [8 * EPOCH, 11 * EPOCH],
    BIAS_LR_FACTOR: 1,
    WEIGHT_DECAY_BIAS: 1e-4,
    WARMUP_FACTOR: 1 / 1000,
  },
});

if (import.meta.main) await launch(import.meta);
