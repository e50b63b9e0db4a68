/** torchvision's `fasterrcnn_resnet50_fpn`: its weights, its geometry, its training recipe. @module */
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
    RESIZE: "torch",
  },
  DATASETS: coco2017,
  // 91 classes, which are COCO's ids: those that COCO never used take part in the softmax.
  DATALOADER: { LABELS: "ids" },
  MODEL: {
    WEIGHT: "data/basemodels/resnet50-0676ba61.pth",
    WEIGHT_NAMES: "torchvision",
    BOX_OFFSET: 0,
    RPN: {
      ANCHOR_LAYOUT: "torchvision",
      STRADDLE_THRESH: -1,
      NMS_THRESH: 0.7,
      MIN_SIZE: 1e-3,
      FPN_POST_NMS_PER_BATCH: false,
      FPN_POST_NMS_TOP_N_TRAIN: 2000,
    },
    RESNETS: { STRIDE_IN_1X1: false },
    ROI_HEADS: { SMOOTH_L1_BETA: 1 / 9, MIN_SIZE: 1e-2 },
    ROI_BOX_HEAD: { NUM_CLASSES: 91 },
    DYNAMIC_RCNN: { DLA: false, DSL: false },
  },
  // references/detection/train.py of torchvision: 26 epochs, lower after 16 and 22.
  SOLVER: {
    MAX_ITER: 26 * EPOCH,
    STEPS: [16 * EPOCH, 22 * EPOCH],
    BIAS_LR_FACTOR: 1,
    WEIGHT_DECAY_BIAS: 1e-4,
    WARMUP_ITERS: 1000,
    WARMUP_FACTOR: 1 / 1000,
  },
});

if (import.meta.main) await launch(import.meta);
