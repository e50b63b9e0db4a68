/** Checks that span several keys. @module */
import type { Config } from "./config_types.ts";

/** A violated rule: the key to look at, what it should be, what it is. */
export interface ConfigFault {
  readonly path: string;
  readonly expected: string;
  readonly received: unknown;
}

/** Levels of the feature pyramid that the RoI head reads: P2 to P5. */
const POOLED_LEVELS = 4;

/** All violated rules of a configuration whose single values are sound. */
export function configFaults(config: Config): ConfigFault[] {
  return [
    ...inputFaults(config),
    ...solverFaults(config),
    ...rpnFaults(config),
    ...modelFaults(config),
    ...groupNormFaults(config),
    ...stageFaults(config),
  ];
}

function inputFaults({ INPUT }: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const trainSizes = typeof INPUT.MIN_SIZE_TRAIN === "number"
    ? [INPUT.MIN_SIZE_TRAIN]
    : INPUT.MIN_SIZE_TRAIN;
  const pairs = [
    ["TRAIN", Math.max(...trainSizes), INPUT.MAX_SIZE_TRAIN],
    ["TEST", INPUT.MIN_SIZE_TEST, INPUT.MAX_SIZE_TEST],
  ] as const;
  for (const [phase, shorter, longer] of pairs) {
    if (shorter <= longer) continue;
    faults.push({
      path: `INPUT.MAX_SIZE_${phase}`,
      expected: `at least INPUT.MIN_SIZE_${phase} (${shorter})`,
      received: longer,
    });
  }
  return faults;
}

function solverFaults({ SOLVER, MODEL }: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (SOLVER.STEPS.some((step, i) => i > 0 && step <= (SOLVER.STEPS[i - 1] ?? 0))) {
    faults.push({
      path: "SOLVER.STEPS",
      expected: "iterations in ascending order",
      received: SOLVER.STEPS,
    });
  }
  if (SOLVER.IMS_PER_BATCH % SOLVER.IMS_PER_GPU !== 0) {
    faults.push({
      path: "SOLVER.IMS_PER_GPU",
      expected: `a divisor of SOLVER.IMS_PER_BATCH (${SOLVER.IMS_PER_BATCH}), as the schedule ` +
        "is scaled by their quotient",
      received: SOLVER.IMS_PER_GPU,
    });
  }
  const { MIN_BETA, WARMUP_BETA } = MODEL.DYNAMIC_RCNN;
  if (MIN_BETA > WARMUP_BETA) {
    faults.push({
      path: "MODEL.DYNAMIC_RCNN.MIN_BETA",
      expected: `at most MODEL.DYNAMIC_RCNN.WARMUP_BETA (${WARMUP_BETA})`,
      received: MIN_BETA,
    });
  }
  return faults;
}

function rpnFaults({ MODEL: { RPN, ROI_BOX_HEAD, ROI_HEADS } }: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const levels = POOLED_LEVELS + 1;
  const strides = Array.from({ length: levels }, (_, i) => 4 * 2 ** i);
  if (RPN.ANCHOR_SIZES.length !== levels) {
    faults.push({
      path: "MODEL.RPN.ANCHOR_SIZES",
      expected: `${levels} sizes, one for each pyramid level (P2 to P6)`,
      received: RPN.ANCHOR_SIZES,
    });
  }
  if (!sameNumbers(RPN.ANCHOR_STRIDE, strides)) {
    faults.push({
      path: "MODEL.RPN.ANCHOR_STRIDE",
      expected: `the strides of the pyramid levels P2 to P6, [${strides}]`,
      received: RPN.ANCHOR_STRIDE,
    });
  }
  const scales = strides.slice(0, POOLED_LEVELS).map((stride) => 1 / stride);
  if (!sameNumbers(ROI_BOX_HEAD.POOLER_SCALES, scales)) {
    faults.push({
      path: "MODEL.ROI_BOX_HEAD.POOLER_SCALES",
      expected: `the scales of the pyramid levels P2 to P5, [${scales}]`,
      received: ROI_BOX_HEAD.POOLER_SCALES,
    });
  }
  return [...faults, ...thresholdFaults(RPN, ROI_HEADS)];
}

function thresholdFaults(
  rpn: Config["MODEL"]["RPN"],
  roiHeads: Config["MODEL"]["ROI_HEADS"],
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (rpn.BG_IOU_THRESHOLD > rpn.FG_IOU_THRESHOLD) {
    faults.push({
      path: "MODEL.RPN.BG_IOU_THRESHOLD",
      expected: `at most MODEL.RPN.FG_IOU_THRESHOLD (${rpn.FG_IOU_THRESHOLD})`,
      received: rpn.BG_IOU_THRESHOLD,
    });
  }
  if (roiHeads.BG_IOU_THRESHOLD > roiHeads.FG_IOU_THRESHOLD) {
    faults.push({
      path: "MODEL.ROI_HEADS.BG_IOU_THRESHOLD",
      expected: `at most MODEL.ROI_HEADS.FG_IOU_THRESHOLD (${roiHeads.FG_IOU_THRESHOLD})`,
      received: roiHeads.BG_IOU_THRESHOLD,
    });
  }
  return faults;
}

function modelFaults({ MODEL: { BACKBONE, RESNETS, WEIGHT } }: Config): ConfigFault[] {
  const stagesAreNormalised = RESNETS.TRANS_FUNC === "BottleneckWithGN";
  if (WEIGHT !== "" || BACKBONE.FREEZE_CONV_BODY_AT === 0 || !stagesAreNormalised) return [];
  // With frozen batch norm the original starts from random weights too (tests do); with GroupNorm
  // a frozen random stage is a mistake that costs a whole training run to notice.
  return [{
    path: "MODEL.BACKBONE.FREEZE_CONV_BODY_AT",
    expected: '0 where MODEL.WEIGHT is "" (frozen stages would keep their random weights)',
    received: BACKBONE.FREEZE_CONV_BODY_AT,
  }];
}

function groupNormFaults({ MODEL: { RESNETS, GROUP_NORM } }: Config): ConfigFault[] {
  const channels = normalisedChannels(RESNETS);
  if (channels.length === 0) return [];
  const { DIM_PER_GP: size, NUM_GROUPS: groups } = GROUP_NORM;
  if ((size === -1) === (groups === -1) || size === 0 || groups === 0) {
    return [{
      path: "MODEL.GROUP_NORM",
      expected: "one of DIM_PER_GP and NUM_GROUPS to be above 0 and the other -1",
      received: { DIM_PER_GP: size, NUM_GROUPS: groups },
    }];
  }
  const [key, divisor] = size > 0 ? ["DIM_PER_GP", size] as const : ["NUM_GROUPS", groups] as const;
  const uneven = channels.find((count) => count % divisor !== 0);
  if (uneven === undefined) return [];
  return [{
    path: `MODEL.GROUP_NORM.${key}`,
    expected: `a divisor of every channel count that is normalised, ${uneven} among them`,
    received: divisor,
  }];
}

/** Channel counts that go through GroupNorm, of the stem and of the four stages. */
function normalisedChannels(resnets: Config["MODEL"]["RESNETS"]): number[] {
  const channels = resnets.STEM_FUNC === "StemWithGN" ? [resnets.STEM_OUT_CHANNELS] : [];
  if (resnets.TRANS_FUNC !== "BottleneckWithGN") return channels;
  for (let stage = 0; stage < 4; stage++) {
    channels.push(resnets.NUM_GROUPS * resnets.WIDTH_PER_GROUP * 2 ** stage);
    channels.push(resnets.RES2_OUT_CHANNELS * 2 ** stage);
  }
  return channels;
}

function stageFaults({ MODEL: { RESNETS } }: Config): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (RESNETS.RES5_DILATION !== 1) {
    faults.push({
      path: "MODEL.RESNETS.RES5_DILATION",
      expected: "1, as the pyramid needs the last stage at stride 32 (the original reads this " +
        "key nowhere)",
      received: RESNETS.RES5_DILATION,
    });
  }
  const first = RESNETS.STAGE_WITH_DCN.indexOf(true);
  // Each stage is twice as wide as the one before, so that the first decides for all.
  const channels = RESNETS.NUM_GROUPS * RESNETS.WIDTH_PER_GROUP * 2 ** Math.max(0, first);
  if (first >= 0 && channels % RESNETS.DEFORMABLE_GROUPS !== 0) {
    faults.push({
      path: "MODEL.RESNETS.DEFORMABLE_GROUPS",
      expected: `a divisor of the ${channels} channels of layer${first + 1}'s 3×3 convolutions`,
      received: RESNETS.DEFORMABLE_GROUPS,
    });
  }
  return faults;
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
