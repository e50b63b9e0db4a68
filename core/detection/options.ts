/** The part of the configuration that makes the model; keys as in the original's `config.MODEL`. */

/**
 * How the anchors of a cell lie, and how far cells are apart.
 *
 * - `detectron`: around the middle (stride − 1) / 2 of the cell, sides rounded before they are scaled; the
 *   original's.
 * - `torchvision`: around the cell's corner, corners rounded; cells lie ⌊padded size / cells⌋ apart.
 * - `mmdetection`: around the cell's corner, nothing rounded.
 */
export type AnchorLayout = "detectron" | "torchvision" | "mmdetection";

/** Region proposal network. */
export interface RpnOptions {
  readonly ANCHOR_SIZES: readonly number[];
  readonly ANCHOR_STRIDE: readonly number[];
  readonly ASPECT_RATIOS: readonly number[];
  readonly STRADDLE_THRESH: number;
  readonly FG_IOU_THRESHOLD: number;
  readonly BG_IOU_THRESHOLD: number;
  readonly BATCH_SIZE_PER_IMAGE: number;
  readonly POSITIVE_FRACTION: number;
  readonly NMS_THRESH: number;
  readonly MIN_SIZE: number;
  readonly PRE_NMS_TOP_N_TRAIN: number;
  readonly POST_NMS_TOP_N_TRAIN: number;
  readonly PRE_NMS_TOP_N_TEST: number;
  readonly POST_NMS_TOP_N_TEST: number;
  readonly FPN_POST_NMS_PER_BATCH: boolean;
  readonly FPN_POST_NMS_TOP_N_TRAIN: number;
  readonly FPN_POST_NMS_TOP_N_TEST: number;
  readonly ANCHOR_LAYOUT: AnchorLayout;
  readonly SMOOTH_L1_BETA: number;
  readonly LOW_QUALITY_IOU: number | null;
}

/** ResNet body. */
export interface ResNetOptions {
  readonly NUM_GROUPS: number;
  readonly WIDTH_PER_GROUP: number;
  readonly STRIDE_IN_1X1: boolean;
  readonly TRANS_FUNC: "BottleneckWithFixedBatchNorm" | "BottleneckWithGN";
  readonly STEM_FUNC: "StemWithFixedBatchNorm" | "StemWithGN";
  readonly BACKBONE_OUT_CHANNELS: number;
  readonly RES2_OUT_CHANNELS: number;
  readonly STEM_OUT_CHANNELS: number;
  /** Which stages have deformable 3×3 convolutions. */
  readonly STAGE_WITH_DCN: readonly boolean[];
  /** True: those have masks (v2). */
  readonly WITH_MODULATED_DCN: boolean;
  readonly DEFORMABLE_GROUPS: number;
  readonly STAGE_BLOCKS: readonly number[] | null;
}

/** RoI sampling, box coding and post-processing. */
export interface RoiHeadsOptions {
  readonly BATCH_SIZE_PER_IMAGE: number;
  readonly POSITIVE_FRACTION: number;
  readonly BBOX_REG_WEIGHTS: readonly number[];
  readonly FG_IOU_THRESHOLD: number;
  readonly DETECTIONS_PER_IMG: number;
  readonly NMS: number;
  readonly SCORE_THRESH: number;
  readonly SMOOTH_L1_BETA: number;
  readonly MIN_SIZE: number;
}

/** The fully connected head. */
export interface RoiBoxHeadOptions {
  readonly MLP_HEAD_DIM: number;
  readonly NUM_CLASSES: number;
  readonly POOLER_RESOLUTION: number;
  readonly POOLER_SAMPLING_RATIO: number;
  readonly POOLER_SCALES: readonly number[];
  readonly POOLER_ALIGNED: boolean;
}

/** The paper's dynamics. */
export interface DynamicOptions {
  readonly KI: number;
  readonly KE: number;
  readonly ITERATION_COUNT: number;
  readonly WARMUP_IOU: number;
  readonly WARMUP_BETA: number;
  readonly DLA: boolean;
  readonly DSL: boolean;
  readonly MIN_BETA: number;
  readonly STATISTICS: "original" | "mmdetection";
}

/** Everything that makes a {@link DynamicRcnn}. */
export interface ModelOptions {
  readonly CLS_AGNOSTIC_BBOX_REG: boolean;
  readonly BOX_OFFSET: number;
  readonly LIMIT_SHRINKING: boolean;
  readonly RPN: RpnOptions;
  readonly FPN: { readonly USE_RELU: boolean };
  readonly BACKBONE: {
    readonly CONV_BODY: "R-50-FPN" | "R-101-FPN" | "R-152-FPN";
    readonly FREEZE_CONV_BODY_AT: number;
    /** True: gradients compute the stages' activations anew. */
    readonly RECOMPUTE: boolean;
  };
  readonly RESNETS: ResNetOptions;
  readonly GROUP_NORM: {
    readonly DIM_PER_GP: number;
    readonly NUM_GROUPS: number;
    readonly EPSILON: number;
  };
  readonly ROI_HEADS: RoiHeadsOptions;
  readonly ROI_BOX_HEAD: RoiBoxHeadOptions;
  readonly DYNAMIC_RCNN: DynamicOptions;
}
