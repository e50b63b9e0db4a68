/**
 * Dynamic R-CNN on handwritten digits, in minutes on 2 cores: `deno task train quickstart`.
 * @module
 */
import { launch } from "../../core/cli/launch.ts";
import { defineExperiment } from "../../core/train/config.ts";
import { smallGroupNorm } from "../_base/small_group_norm.ts";

export default defineExperiment({
  DATASETS: {
    TRAIN: {
      digits_train: {
        img_dir: "data/digits/train",
        ann_file: "data/digits/annotations/instances_train.json",
      },
    },
    TEST: {
      digits_val: {
        img_dir: "data/digits/val",
        ann_file: "data/digits/annotations/instances_val.json",
      },
    },
  },
  INPUT: {
    MIN_SIZE_TRAIN: 128,
    MAX_SIZE_TRAIN: 192,
    MIN_SIZE_TEST: 128,
    MAX_SIZE_TEST: 192,
    // A mirrored 2 is no 2.
    HORIZONTAL_FLIP_PROB_TRAIN: 0,
  },
  SOLVER: {
    IMS_PER_GPU: 4,
    IMS_PER_BATCH: 4,
    BASE_LR: 0.02,
    WARMUP_ITERS: 200,
    STEPS: [2000, 2700],
    MAX_ITER: 3000,
    CHECKPOINT_PERIOD: 500,
    CLIP_GRAD_NORM: 10,
  },
  TEST: { IMS_PER_GPU: 4, IMS_PER_BATCH: 4 },
  MODEL: {
    ...smallGroupNorm,
    RPN: {
      ANCHOR_SIZES: [12, 24, 48, 96, 160],
      // 300 proposals are few: less of them should be near copies than the paper's 0.85 leaves.
      NMS_THRESH: 0.7,
      PRE_NMS_TOP_N_TRAIN: 300,
      POST_NMS_TOP_N_TRAIN: 300,
      FPN_POST_NMS_TOP_N_TRAIN: 4 * 300,
      PRE_NMS_TOP_N_TEST: 200,
      POST_NMS_TOP_N_TEST: 200,
      FPN_POST_NMS_TOP_N_TEST: 200,
    },
    ROI_HEADS: { BATCH_SIZE_PER_IMAGE: 64 },
    ROI_BOX_HEAD: { ...smallGroupNorm.ROI_BOX_HEAD, NUM_CLASSES: 11 },
    // Ground-truth boxes take part in both statistics, with IoU 1 and error 0, so KI and KE must
    // lie above the boxes that a scene holds (2 to 7): KE 3 would make β the floor at once.
    DYNAMIC_RCNN: { KI: 12, KE: 8, ITERATION_COUNT: 50 },
  },
});

if (import.meta.main) await launch(import.meta);
