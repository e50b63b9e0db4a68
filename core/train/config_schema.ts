/**
 * The shape of a configuration: the original's keys, each with the values it may take.
 *
 * What spans several keys (lengths, orders) is in config_checks.ts.
 * @module
 */
import * as v from "valibot";
import {
  atLeastZero,
  bool,
  count,
  exactly,
  fraction,
  integer,
  listOf,
  number,
  oneOf,
  positive,
  section,
  some,
  text,
} from "./config_values.ts";
import { EXPECTED_METRICS } from "./expected_results.ts";

/** A figure of the evaluation that a test should give: `[task, figure, [mean, standard deviation]]`. */
function expectedResult() {
  const [entry, range] = ['["bbox", figure, [mean, std]]', "[mean, std]"];
  return v.strictTuple([
    oneOf(["bbox"]),
    v.picklist(EXPECTED_METRICS, `one of ${EXPECTED_METRICS.join(", ")}`),
    v.strictTuple([number("a mean"), positive()], range),
  ], entry);
}

const INPUT = section({
  /** Shorter side in pixels; several sizes: one is drawn for each image (multi-scale). */
  MIN_SIZE_TRAIN: v.union(
    [integer(1), some(integer(1), "size in pixels")],
    "a size in pixels or a list of sizes",
  ),
  MAX_SIZE_TRAIN: integer(1),
  MIN_SIZE_TEST: integer(1),
  MAX_SIZE_TEST: integer(1),
  /** Blue, green, red, of 0–255 pixels; without TO_BGR255 red, green, blue, of 0–1 pixels. */
  PIXEL_MEAN: exactly(3, number("a number"), "numbers, one a channel"),
  PIXEL_STD: exactly(3, positive(), "numbers above 0, one a channel"),
  /** Whether the network sees blue, green, red from 0 to 255, or red, green, blue from 0 to 1. */
  TO_BGR255: bool(),
  BRIGHTNESS: atLeastZero(),
  CONTRAST: atLeastZero(),
  SATURATION: atLeastZero(),
  /** In turns of the colour circle. */
  HUE: number("a number from 0 to 0.5", (n) => n >= 0 && n <= 0.5),
  HORIZONTAL_FLIP_PROB_TRAIN: fraction(),
  VERTICAL_FLIP_PROB_TRAIN: fraction(),
  /** Ours: whose rule of sizes and whose interpolation: Pillow's, torchvision's or OpenCV's as mmcv calls it. */
  RESIZE: oneOf(["pillow", "torch", "opencv"]),
});

const DATALOADER = section({
  ASPECT_RATIO_GROUPING: bool(),
  NUM_WORKERS: integer(0),
  SIZE_DIVISIBILITY: integer(1),
  /** Ours: what an image that is missing or does not decode does to the run. */
  BAD_IMAGES: oneOf(["error", "skip"]),
  /** Ours: megabytes of decoded images kept in memory; 0 keeps none. */
  CACHE_MB: atLeastZero(),
  /** Ours: a category's class is its place among the data set's ascending ids, or its id itself. */
  LABELS: oneOf(["ascending", "ids"]),
});

const SOLVER = section({
  /** Learning rate for a batch of IMS_PER_BATCH images. */
  BASE_LR: positive(),
  BIAS_LR_FACTOR: positive(),
  IMS_PER_GPU: count(),
  IMS_PER_BATCH: count(),
  GAMMA: positive(),
  MOMENTUM: number("a number from 0 to below 1", (n) => n >= 0 && n < 1),
  WEIGHT_DECAY: atLeastZero(),
  WEIGHT_DECAY_BIAS: atLeastZero(),
  CHECKPOINT_PERIOD: count(),
  MAX_ITER: count(),
  STEPS: listOf(count(), "whole numbers of at least 1"),
  WARMUP_FACTOR: number("a number above 0 and at most 1", (n) => n > 0 && n <= 1),
  WARMUP_ITERS: integer(0),
  WARMUP_METHOD: oneOf(["linear", "constant"]),
  /** Ours: largest L2 norm of all gradients together; 0 leaves them as they are. */
  CLIP_GRAD_NORM: atLeastZero(),
});

const TEST = section({
  DETECTIONS_PER_IMG: count(),
  /** Checked after testing: figures are strictly within mean ± EXPECTED_RESULTS_SIGMA_TOL · std. */
  EXPECTED_RESULTS: listOf(expectedResult(), 'entries ["bbox", figure, [mean, std]]'),
  EXPECTED_RESULTS_SIGMA_TOL: positive(),
  IMS_PER_GPU: count(),
  IMS_PER_BATCH: count(),
  VIS_THRESH: fraction(),
  BBOX_AUG: section({
    ENABLED: bool(),
    H_FLIP: bool(),
    SCALES: listOf(integer(1), "sizes in pixels"),
    MAX_SIZE: integer(1),
    SCALE_H_FLIP: bool(),
  }),
});

const RPN = section({
  ANCHOR_SIZES: some(positive(), "size in pixels"),
  ANCHOR_STRIDE: some(integer(1), "stride in pixels"),
  ASPECT_RATIOS: some(positive(), "ratio"),
  STRADDLE_THRESH: integer(-1),
  FG_IOU_THRESHOLD: fraction(),
  BG_IOU_THRESHOLD: fraction(),
  BATCH_SIZE_PER_IMAGE: count(),
  POSITIVE_FRACTION: fraction(),
  NMS_THRESH: fraction(),
  MIN_SIZE: atLeastZero(),
  PRE_NMS_TOP_N_TRAIN: count(),
  POST_NMS_TOP_N_TRAIN: count(),
  PRE_NMS_TOP_N_TEST: count(),
  POST_NMS_TOP_N_TEST: count(),
  FPN_POST_NMS_PER_BATCH: bool(),
  FPN_POST_NMS_TOP_N_TRAIN: count(),
  FPN_POST_NMS_TOP_N_TEST: count(),
  /** Ours: whose anchors; see core/detection/options.ts. */
  ANCHOR_LAYOUT: oneOf(["detectron", "torchvision", "mmdetection"]),
  /** Ours: β of the RPN's box loss; one far below any error, such as 1e-9, makes it L1. */
  SMOOTH_L1_BETA: positive(),
  /**
   * Ours: MMDetection's min_pos_iou: only objects whose best anchor reaches it make that anchor an object, and it is
   * theirs; null: every object's best anchors are objects, each its own best one.
   */
  LOW_QUALITY_IOU: v.nullable(fraction()),
});

const RESNETS = section({
  NUM_GROUPS: count(),
  WIDTH_PER_GROUP: count(),
  STRIDE_IN_1X1: bool(),
  TRANS_FUNC: oneOf(["BottleneckWithFixedBatchNorm", "BottleneckWithGN"]),
  STEM_FUNC: oneOf(["StemWithFixedBatchNorm", "StemWithGN"]),
  RES5_DILATION: count(),
  BACKBONE_OUT_CHANNELS: count(),
  RES2_OUT_CHANNELS: count(),
  STEM_OUT_CHANNELS: count(),
  STAGE_WITH_DCN: exactly(4, bool(), "values true or false"),
  WITH_MODULATED_DCN: bool(),
  DEFORMABLE_GROUPS: count(),
  /** Ours: blocks of the four stages; null takes those of CONV_BODY. */
  STAGE_BLOCKS: v.nullable(exactly(4, count(), "whole numbers of at least 1 (or null)")),
});

const MODEL = section({
  /** File of initial weights; "" starts from random ones. */
  WEIGHT: text(),
  /** Ours: whose names the tensors of WEIGHT have, "" for the original's; files of ours are always known. */
  WEIGHT_NAMES: oneOf(["", "torchvision", "mmdetection"]),
  CLS_AGNOSTIC_BBOX_REG: bool(),
  /** Ours: boxes are x2 − x1 + BOX_OFFSET wide: 1, or 0 where x2 and y2 are not the last pixel but the end. */
  BOX_OFFSET: integer(0, 1),
  /** Ours: caps dw and dh below as above, at −ln(1000 / 16). */
  LIMIT_SHRINKING: bool(),
  RPN,
  FPN: section({ USE_RELU: bool() }),
  BACKBONE: section({
    CONV_BODY: oneOf(["R-50-FPN", "R-101-FPN", "R-152-FPN"]),
    /** Stages whose weights stay as they are: 0 none, 1 the stem, 2 the stem and layer1, … */
    FREEZE_CONV_BODY_AT: integer(0, 5),
    /** Ours: keep no activations within stages and compute them again for the gradients: less memory, more time. */
    RECOMPUTE: bool(),
  }),
  RESNETS,
  /** As in maskrcnn-benchmark: one of DIM_PER_GP and NUM_GROUPS is −1. */
  GROUP_NORM: section({
    DIM_PER_GP: integer(-1),
    NUM_GROUPS: integer(-1),
    EPSILON: positive(),
  }),
  ROI_HEADS: section({
    BATCH_SIZE_PER_IMAGE: count(),
    POSITIVE_FRACTION: fraction(),
    BBOX_REG_WEIGHTS: exactly(4, positive(), "numbers above 0"),
    /** The fixed baseline's thresholds, in force where DYNAMIC_RCNN.DLA is off; it ignores proposals between them. */
    FG_IOU_THRESHOLD: fraction(),
    BG_IOU_THRESHOLD: fraction(),
    DETECTIONS_PER_IMG: count(),
    NMS: fraction(),
    SCORE_THRESH: fraction(),
    /** Ours: β of the box loss, in force where DYNAMIC_RCNN.DSL is off. */
    SMOOTH_L1_BETA: positive(),
    /** Ours: detections with a side below it, in pixels of the resized image, are dropped. */
    MIN_SIZE: atLeastZero(),
  }),
  ROI_BOX_HEAD: section({
    MLP_HEAD_DIM: count(),
    /** Classes of the data set and the background, which is class 0. */
    NUM_CLASSES: integer(2),
    POOLER_RESOLUTION: count(),
    /** Samples along each side of a bin; 0: as many as it has pixels, rounded up. */
    POOLER_SAMPLING_RATIO: integer(0),
    POOLER_SCALES: some(positive(), "scale"),
    /** Ours: RoIAlign half a pixel further up and left, sides below 1 as they are. */
    POOLER_ALIGNED: bool(),
  }),
  DYNAMIC_RCNN: section({
    KI: count(),
    KE: count(),
    ITERATION_COUNT: count(),
    WARMUP_IOU: fraction(),
    WARMUP_BETA: positive(),
    /** Ours: dynamic label assignment; off holds the IoU threshold at ROI_HEADS' fixed one. */
    DLA: bool(),
    /** Ours: dynamic SmoothL1; off holds β at ROI_HEADS.SMOOTH_L1_BETA. */
    DSL: bool(),
    /** Ours: β never falls below this. */
    MIN_BETA: positive(),
    /** Ours: whose statistics and median; see core/detection/statistics.ts. */
    STATISTICS: oneOf(["original", "mmdetection"]),
  }),
});

const dataset = section({
  /** Folder of the images; relative paths start at the project's folder. */
  img_dir: text("a folder"),
  /** COCO annotation file; relative paths start at the project's folder. */
  ann_file: text("a file"),
});

const datasetName = v.pipe(
  v.string(),
  v.regex(/^[\w-][\w.-]*$/, "a name of letters, digits, '_', '-' and '.'"),
);

/** The whole configuration; `v.safeParse` it through `validateConfig` only. */
export const configSchema = section({
  INPUT,
  DATALOADER,
  SOLVER,
  TEST,
  MODEL,
  DATASETS: section({
    TRAIN: v.record(datasetName, dataset, "an object {name: {img_dir, ann_file}}"),
    TEST: v.record(datasetName, dataset, "an object {name: {img_dir, ann_file}}"),
  }),
  METRICS: section({
    /** Ours: iterations, evenly spread over a run, whose proposals are counted by IoU and error; 0: none. */
    DISTRIBUTIONS: integer(0),
  }),
  /** Ours: where all randomness starts; an unsigned 32-bit number. */
  SEED: integer(0, 0xffffffff),
  /** Folder of the run's files; absent: output/<the experiment's path below experiments>. */
  OUTPUT_DIR: v.optional(text("a folder")),
});
