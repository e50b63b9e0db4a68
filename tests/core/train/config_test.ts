import assert from "node:assert/strict";
import { UsageError } from "../../../core/runtime/errors.ts";
import {
  defaults,
  defineExperiment,
  resolveSchedule,
  validateConfig,
} from "../../../core/train/config.ts";

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    assert.ok(error instanceof UsageError, `expected a UsageError, got ${error}`);
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  throw new Error("nothing was refused");
}

Deno.test("defaults hold the figures of the original's r50_fpn_1x", () => {
  assert.equal(defaults.SOLVER.MAX_ITER, 90000);
  assert.equal(defaults.SOLVER.WARMUP_FACTOR, 1 / 3);
  assert.equal(defaults.MODEL.RPN.NMS_THRESH, 0.85);
  assert.equal(defaults.MODEL.RPN.FPN_POST_NMS_TOP_N_TRAIN, 2000);
  assert.equal(defaults.MODEL.RPN.FPN_POST_NMS_TOP_N_TEST, 1000);
  assert.deepEqual(defaults.MODEL.DYNAMIC_RCNN, {
    KI: 75,
    KE: 10,
    ITERATION_COUNT: 100,
    WARMUP_IOU: 0.4,
    WARMUP_BETA: 1,
    DLA: true,
    DSL: true,
    MIN_BETA: 1e-3,
    STATISTICS: "original",
  });
});

Deno.test("keys that other makers' detectors need are the original's habits by default", () => {
  const { INPUT, DATALOADER, MODEL } = defaults;
  const { RPN, ROI_HEADS, ROI_BOX_HEAD } = MODEL;
  assert.deepEqual([INPUT.RESIZE, DATALOADER.LABELS], ["pillow", "ascending"]);
  assert.deepEqual([MODEL.WEIGHT_NAMES, MODEL.BOX_OFFSET, MODEL.LIMIT_SHRINKING], ["", 1, false]);
  assert.deepEqual([RPN.ANCHOR_LAYOUT, RPN.SMOOTH_L1_BETA], ["detectron", 1 / 9]);
  assert.equal(RPN.LOW_QUALITY_IOU, null);
  assert.deepEqual([ROI_HEADS.SMOOTH_L1_BETA, ROI_HEADS.MIN_SIZE], [1, 0]);
  assert.deepEqual([ROI_BOX_HEAD.POOLER_ALIGNED, ROI_BOX_HEAD.POOLER_SAMPLING_RATIO], [false, 2]);
});

Deno.test("defineExperiment() merges sections and changes neither argument", () => {
  const patch = { SOLVER: { MAX_ITER: 10, STEPS: [4, 8] } } as const;
  const before = JSON.stringify([patch, defaults]);
  const config = defineExperiment(patch);
  assert.equal(config.SOLVER.MAX_ITER, 10);
  assert.deepEqual(config.SOLVER.STEPS, [4, 8]);
  assert.equal(config.SOLVER.MOMENTUM, defaults.SOLVER.MOMENTUM);
  assert.equal(JSON.stringify([patch, defaults]), before);
  assert.ok(Object.isFrozen(config.MODEL.RPN.ANCHOR_SIZES));
  assert.ok(!Object.isFrozen(patch.SOLVER.STEPS), "the caller's own list is not frozen");
});

Deno.test("defineExperiment() builds on another experiment", () => {
  const base = defineExperiment({ SEED: 5, MODEL: { RPN: { MIN_SIZE: 3 } } });
  const config = defineExperiment({ MODEL: { DYNAMIC_RCNN: { DLA: false } } }, base);
  assert.equal(config.SEED, 5);
  assert.equal(config.MODEL.RPN.MIN_SIZE, 3);
  assert.equal(config.MODEL.DYNAMIC_RCNN.DLA, false);
  assert.equal(base.MODEL.DYNAMIC_RCNN.DLA, true);
});

Deno.test("defineExperiment() replaces data sets and lists instead of merging them", () => {
  const mine = { img_dir: "a", ann_file: "b" };
  const config = defineExperiment({
    DATASETS: { TRAIN: { mine } },
    MODEL: { RPN: { ASPECT_RATIOS: [1] } },
  });
  assert.deepEqual(config.DATASETS.TRAIN, { mine });
  assert.deepEqual(config.DATASETS.TEST, defaults.DATASETS.TEST);
  assert.deepEqual(config.MODEL.RPN.ASPECT_RATIOS, [1]);
});

Deno.test("the number of proposals follows the images per GPU unless it is given", () => {
  const derived = defineExperiment({ SOLVER: { IMS_PER_GPU: 4 }, TEST: { IMS_PER_GPU: 3 } });
  assert.equal(derived.MODEL.RPN.FPN_POST_NMS_TOP_N_TRAIN, 4000);
  assert.equal(derived.MODEL.RPN.FPN_POST_NMS_TOP_N_TEST, 3000);
  const again = defineExperiment({ SOLVER: { IMS_PER_GPU: 1 } }, derived);
  assert.equal(again.MODEL.RPN.FPN_POST_NMS_TOP_N_TRAIN, 1000);
  assert.equal(again.MODEL.RPN.FPN_POST_NMS_TOP_N_TEST, 3000);
  const given = defineExperiment({ MODEL: { RPN: { FPN_POST_NMS_TOP_N_TRAIN: 300 } } });
  const kept = defineExperiment({ SOLVER: { IMS_PER_GPU: 1 } }, given);
  assert.equal(kept.MODEL.RPN.FPN_POST_NMS_TOP_N_TRAIN, 300);
});

Deno.test("an error names the dotted path, what was expected and what was received", () => {
  assert.equal(
    refusal(() => defineExperiment({ SOLVER: { BASE_LR: NaN } })),
    "SOLVER.BASE_LR: expected a number above 0, received NaN.",
  );
  assert.match(
    refusal(() => defineExperiment({ SOLVER: { STEPS: [80, 60] } })),
    /SOLVER\.STEPS: expected iterations in ascending order, received \[80,60\]/,
  );
  assert.match(
    refusal(() => validateConfig({ ...defaults, SOLVER: { ...defaults.SOLVER, STEP: [1] } })),
    /SOLVER\.STEP: unknown key \(did you mean SOLVER\.STEPS\?\)/,
  );
  const { INPUT: _, ...withoutInput } = defaults;
  assert.match(refusal(() => validateConfig(withoutInput)), /^INPUT: is missing\.$/);
  assert.match(refusal(() => validateConfig(null)), /^the configuration: .*received null/);
});

Deno.test("many faults are counted, not poured out", () => {
  const message = refusal(() =>
    defineExperiment({ SOLVER: { BASE_LR: 0, GAMMA: 0, MOMENTUM: 1, MAX_ITER: 0, STEPS: [0] } })
  );
  assert.match(message, /and 2 more of the kind\.$/);
});

const REFUSED: readonly [string, Parameters<typeof defineExperiment>[0], RegExp][] = [
  ["an infinite rate", { SOLVER: { BASE_LR: Infinity } }, /BASE_LR.*received Infinity/],
  ["a fractional iteration", { SOLVER: { MAX_ITER: 1.5 } }, /MAX_ITER.*whole number/],
  ["an uneven batch", { SOLVER: { IMS_PER_GPU: 3 } }, /IMS_PER_GPU.*divisor/],
  ["four anchor sizes", { MODEL: { RPN: { ANCHOR_SIZES: [1, 2, 3, 4] } } }, /ANCHOR_SIZES.*5/],
  ["other strides", { MODEL: { RPN: { ANCHOR_STRIDE: [8, 16, 32, 64, 128] } } }, /ANCHOR_STRIDE/],
  ["other scales", { MODEL: { ROI_BOX_HEAD: { POOLER_SCALES: [0.25] } } }, /POOLER_SCALES/],
  ["sizes the wrong way round", { INPUT: { MAX_SIZE_TEST: 100 } }, /MAX_SIZE_TEST.*800/],
  ["a floor above β's start", { MODEL: { DYNAMIC_RCNN: { MIN_BETA: 2 } } }, /MIN_BETA.*at most/],
  [
    "the head's thresholds crossed",
    { MODEL: { ROI_HEADS: { BG_IOU_THRESHOLD: 0.6 } } },
    /MODEL\.ROI_HEADS\.BG_IOU_THRESHOLD: expected at most .* \(0\.5\), received 0\.6/,
  ],
  ["thresholds crossed", { MODEL: { RPN: { BG_IOU_THRESHOLD: 0.8 } } }, /BG_IOU_THRESHOLD/],
  [
    "a hue beyond half the circle",
    { INPUT: { HUE: 0.6 } },
    /HUE: expected a number from 0 to 0\.5/,
  ],
  [
    "deformable groups that do not divide the channels",
    { MODEL: { RESNETS: { STAGE_WITH_DCN: [false, true, true, true], DEFORMABLE_GROUPS: 3 } } },
    /DEFORMABLE_GROUPS: expected a divisor of the 128 channels of layer2's.*received 3/,
  ],
  [
    "a dilated last stage",
    { MODEL: { RESNETS: { RES5_DILATION: 2 } } },
    /RES5_DILATION: expected 1, as the pyramid needs the last stage at stride 32/,
  ],
  [
    "norm groups that do not divide the channels",
    { MODEL: { RESNETS: { STEM_FUNC: "StemWithGN", STEM_OUT_CHANNELS: 24 } } },
    /GROUP_NORM\.NUM_GROUPS.*24 among them, received 32/,
  ],
  [
    "both kinds of norm groups",
    { MODEL: { RESNETS: { STEM_FUNC: "StemWithGN" }, GROUP_NORM: { DIM_PER_GP: 8 } } },
    /MODEL\.GROUP_NORM: expected one of/,
  ],
  [
    "frozen random stages",
    { MODEL: { WEIGHT: "", RESNETS: { TRANS_FUNC: "BottleneckWithGN" } } },
    /FREEZE_CONV_BODY_AT/,
  ],
  [
    "a data set's name that leaves its folder",
    { DATASETS: { TEST: { "../up": { img_dir: "a", ann_file: "b" } } } },
    /DATASETS\.TEST/,
  ],
];
for (const [what, patch, expected] of REFUSED) {
  Deno.test(`defineExperiment() refuses ${what}`, () => {
    assert.match(refusal(() => defineExperiment(patch)), expected);
  });
}

Deno.test("resolveSchedule() divides the rate and multiplies the iterations by the same k", () => {
  const schedule = resolveSchedule(defaults);
  assert.equal(schedule.scale, 8);
  assert.equal(schedule.baseLr, 0.0025);
  assert.equal(schedule.maxIter, 720000);
  assert.deepEqual(schedule.steps, [480000, 640000]);
  assert.equal(schedule.warmupIters, 500);
  assert.equal(schedule.checkpointPeriod, 2500);
  const whole = resolveSchedule(defineExperiment({ SOLVER: { IMS_PER_GPU: 16 } }));
  assert.equal(whole.baseLr, 0.02);
  assert.equal(whole.maxIter, 90000);
});
