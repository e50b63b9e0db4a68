/**
 * The original's `r50_fpn_1x` configuration (models/…/dynamic_rcnn_r50_fpn_1x/config.py), plus
 * the values of the keys that ours adds.
 * @module
 */
import type { ConfigInput } from "./config_types.ts";

const SOLVER: ConfigInput["SOLVER"] = {
  BASE_LR: 0.02,
  BIAS_LR_FACTOR: 2,
  IMS_PER_GPU: 2,
  IMS_PER_BATCH: 16,
  GAMMA: 0.1,
  MOMENTUM: 0.9,
  WEIGHT_DECAY: 0.0001,
  WEIGHT_DECAY_BIAS: 0,
  CHECKPOINT_PERIOD: 2500,
  MAX_ITER: 90000,
  STEPS: [60000, 80000],
  WARMUP_FACTOR: 1 / 3,
  WARMUP_ITERS: 500,
  WARMUP_METHOD: "linear",
  CLIP_GRAD_NORM: 0,
};

const TEST: ConfigInput["TEST"] = {
  DETECTIONS_PER_IMG: 100,
  EXPECTED_RESULTS: [],
  EXPECTED_RESULTS_SIGMA_TOL: 4,
  IMS_PER_GPU: 1,
  IMS_PER_BATCH: 8,
  VIS_THRESH: 0.3,
  BBOX_AUG: {
    ENABLED: false,
    H_FLIP: false,
    SCALES: [],
    MAX_SIZE: 4000,
    SCALE_H_FLIP: false,
  },
};

const MODEL: ConfigInput["MODEL"] = {
  WEIGHT: "data/basemodels/R-50.pkl",
  WEIGHT_NAMES: "",
  CLS_AGNOSTIC_BBOX_REG: false,
  BOX_OFFSET: 1,
  LIMIT_SHRINKING: false,
  RPN: {
    ANCHOR_SIZES: [32, 64, 128, 256, 512],
    ANCHOR_STRIDE: [4, 8, 16, 32, 64],
    ASPECT_RATIOS: [0.5, 1, 2],
    STRADDLE_THRESH: 0,
    FG_IOU_THRESHOLD: 0.7,
    BG_IOU_THRESHOLD: 0.3,
    BATCH_SIZE_PER_IMAGE: 256,
    POSITIVE_FRACTION: 0.5,
    NMS_THRESH: 0.85,
    MIN_SIZE: 0,
    PRE_NMS_TOP_N_TRAIN: 2000,
    POST_NMS_TOP_N_TRAIN: 2000,
    PRE_NMS_TOP_N_TEST: 1000,
    POST_NMS_TOP_N_TEST: 1000,
    FPN_POST_NMS_PER_BATCH: true,
    FPN_POST_NMS_TOP_N_TRAIN: 1000 * SOLVER.IMS_PER_GPU,
    FPN_POST_NMS_TOP_N_TEST: 1000 * TEST.IMS_PER_GPU,
    ANCHOR_LAYOUT: "detectron",
    SMOOTH_L1_BETA: 1 / 9,
    LOW_QUALITY_IOU: null,
  },
  FPN: { USE_RELU: false },
  BACKBONE: { CONV_BODY: "R-50-FPN", FREEZE_CONV_BODY_AT: 2, RECOMPUTE: false },
  RESNETS: {
    NUM_GROUPS: 1,
    WIDTH_PER_GROUP: 64,
    STRIDE_IN_1X1: true,
    TRANS_FUNC: "BottleneckWithFixedBatchNorm",
    STEM_FUNC: "StemWithFixedBatchNorm",
    RES5_DILATION: 1,
    BACKBONE_OUT_CHANNELS: 256,
    RES2_OUT_CHANNELS: 256,
    STEM_OUT_CHANNELS: 64,
    STAGE_WITH_DCN: [false, false, false, false],
    WITH_MODULATED_DCN: false,
    DEFORMABLE_GROUPS: 1,
    STAGE_BLOCKS: null,
  },
  GROUP_NORM: { DIM_PER_GP: -1, NUM_GROUPS: 32, EPSILON: 1e-5 },
  ROI_HEADS: {
    BATCH_SIZE_PER_IMAGE: 512,
    POSITIVE_FRACTION: 0.25,
    BBOX_REG_WEIGHTS: [10, 10, 5, 5],
    FG_IOU_THRESHOLD: 0.5,
    BG_IOU_THRESHOLD: 0.5,
    DETECTIONS_PER_IMG: 100,
    NMS: 0.5,
    SCORE_THRESH: 0.05,
    SMOOTH_L1_BETA: 1,
    MIN_SIZE: 0,
  },
  ROI_BOX_HEAD: {
    MLP_HEAD_DIM: 1024,
    NUM_CLASSES: 81,
    POOLER_RESOLUTION: 7,
    POOLER_SAMPLING_RATIO: 2,
    POOLER_SCALES: [1 / 4, 1 / 8, 1 / 16, 1 / 32],
    POOLER_ALIGNED: false,
  },
  DYNAMIC_RCNN: {
    KI: 75,
    KE: 10,
    ITERATION_COUNT: 100,
    WARMUP_IOU: 0.4,
    WARMUP_BETA: 1,
    DLA: true,
    DSL: true,
    // The original has no floor, and where ground-truth boxes (error exactly 0) fill the K_E
    // smallest, β = 0 and 0.5·x²/β is NaN at x = 0. mmdetection keeps the previous β where the
    // median is below 1e-15. Ours stops at 1e-3: an error of 1/10,000 of a box's side (targets
    // are encoded with weight 10), below which SmoothL1 is L1 to every purpose.
    MIN_BETA: 1e-3,
    STATISTICS: "original",
  },
};

/** The original's figures for a ResNet-50 on COCO, 8 GPUs with 2 images each, 90,000 iterations. */
export const defaultValues: ConfigInput = {
  INPUT: {
    MIN_SIZE_TRAIN: 800,
    MAX_SIZE_TRAIN: 1333,
    MIN_SIZE_TEST: 800,
    MAX_SIZE_TEST: 1333,
    PIXEL_MEAN: [102.9801, 115.9465, 122.7717],
    PIXEL_STD: [1, 1, 1],
    TO_BGR255: true,
    BRIGHTNESS: 0,
    CONTRAST: 0,
    SATURATION: 0,
    HUE: 0,
    HORIZONTAL_FLIP_PROB_TRAIN: 0.5,
    VERTICAL_FLIP_PROB_TRAIN: 0,
    RESIZE: "pillow",
  },
  DATALOADER: {
    ASPECT_RATIO_GROUPING: true,
    NUM_WORKERS: 4,
    SIZE_DIVISIBILITY: 32,
    BAD_IMAGES: "error",
    CACHE_MB: 512,
    LABELS: "ascending",
  },
  SOLVER,
  TEST,
  MODEL,
  DATASETS: {
    TRAIN: {
      coco_2017_train: {
        img_dir: "data/coco/train2017",
        ann_file: "data/coco/annotations/instances_train2017.json",
      },
    },
    TEST: {
      coco_2017_val: {
        img_dir: "data/coco/val2017",
        ann_file: "data/coco/annotations/instances_val2017.json",
      },
    },
  },
  METRICS: { DISTRIBUTIONS: 20 },
  SEED: 0,
};
