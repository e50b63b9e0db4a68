/**
 * Blood cells in real microscope photographs, from random weights, on a 2-core CPU.
 * @module
 */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { smallGroupNorm } from "../_base/small_group_norm.ts";

export default defineExperiment({
  DATASETS: {
    TRAIN: {
      bccd_train: {
        img_dir: "data/bccd/train",
        ann_file: "data/bccd/annotations/instances_train.json",
      },
    },
    TEST: {
      bccd_val: {
        img_dir: "data/bccd/val",
        ann_file: "data/bccd/annotations/instances_val.json",
      },
    },
  },
  // Half of the photographs' 640×480: red cells are 50 pixels wide there, platelets 20.
  INPUT: {
    MIN_SIZE_TRAIN: 240,
    MAX_SIZE_TRAIN: 320,
    MIN_SIZE_TEST: 240,
    MAX_SIZE_TEST: 320,
    // A cell has no up and no left.
    VERTICAL_FLIP_PROB_TRAIN: 0.5,
  },
  SOLVER: {
    IMS_PER_GPU: 2,
    IMS_PER_BATCH: 2,
    BASE_LR: 0.01,
    WARMUP_ITERS: 200,
    STEPS: [1400, 1800],
    MAX_ITER: 2000,
    CHECKPOINT_PERIOD: 500,
    CLIP_GRAD_NORM: 10,
  },
  MODEL: {
    ...smallGroupNorm,
    RPN: {
      ANCHOR_SIZES: [12, 24, 48, 96, 160],
      PRE_NMS_TOP_N_TRAIN: 500,
      POST_NMS_TOP_N_TRAIN: 500,
      FPN_POST_NMS_TOP_N_TRAIN: 2 * 500,
      PRE_NMS_TOP_N_TEST: 300,
      POST_NMS_TOP_N_TEST: 300,
      FPN_POST_NMS_TOP_N_TEST: 300,
    },
    ROI_HEADS: { BATCH_SIZE_PER_IMAGE: 128 },
    // Red cells, white cells, platelets, and the background.
    ROI_BOX_HEAD: { ...smallGroupNorm.ROI_BOX_HEAD, NUM_CLASSES: 4 },
    // A photograph holds 14 cells on average and 28 at most; the statistics must look past them,
    // as ground-truth boxes enter them with IoU 1 and error 0.
    DYNAMIC_RCNN: { KI: 50, KE: 32, ITERATION_COUNT: 50 },
  },
});

if (import.meta.main) await launch(import.meta);
