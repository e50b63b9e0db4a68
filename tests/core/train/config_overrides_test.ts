import assert from "node:assert/strict";
import { resolve } from "node:path";
import fc from "fast-check";
import { UsageError } from "../../../core/runtime/errors.ts";
import {
  applyOverrides,
  defaults,
  defineExperiment,
  resolveRunConfig,
  resolveSchedule,
} from "../../../core/train/config.ts";
import { allKeys } from "../../../core/train/config_keys.ts";
import { editDistance, nearestName } from "../../../core/train/config_nearest.ts";

const small = defineExperiment({
  SOLVER: { IMS_PER_GPU: 4, IMS_PER_BATCH: 4, MAX_ITER: 100, STEPS: [60, 80] },
});

function refuses(overrides: string[], expected: RegExp): void {
  assert.throws(() => applyOverrides(defaults, overrides), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(error.message, expected);
    return true;
  });
}

Deno.test("applyOverrides() reads JSON where it is JSON, else a string", () => {
  const config = applyOverrides(defaults, [
    "SOLVER.MAX_ITER=200",
    "SOLVER.STEPS=[100, 150]",
    "MODEL.DYNAMIC_RCNN.DLA=false",
    "MODEL.BACKBONE.CONV_BODY=R-101-FPN",
    "MODEL.WEIGHT=",
    "INPUT.MIN_SIZE_TRAIN=[400,600]",
    'OUTPUT_DIR="a=b"',
  ]);
  assert.equal(config.SOLVER.MAX_ITER, 200);
  assert.deepEqual(config.SOLVER.STEPS, [100, 150]);
  assert.equal(config.MODEL.DYNAMIC_RCNN.DLA, false);
  assert.equal(config.MODEL.BACKBONE.CONV_BODY, "R-101-FPN");
  assert.equal(config.MODEL.WEIGHT, "");
  assert.deepEqual(config.INPUT.MIN_SIZE_TRAIN, [400, 600]);
  assert.equal(config.OUTPUT_DIR, "a=b");
  assert.equal(defaults.SOLVER.MAX_ITER, 90000);
});

Deno.test("applyOverrides() takes whole sections, data-set maps and their entries", () => {
  const config = applyOverrides(defaults, [
    "SOLVER.GAMMA=0.5",
    'SOLVER={"MAX_ITER": 7, "STEPS": []}',
    'DATASETS.TRAIN={"mine": {"img_dir": "i", "ann_file": "a"}}',
    "DATASETS.TEST.coco_2017_val.img_dir=elsewhere",
  ]);
  assert.equal(config.SOLVER.GAMMA, 0.5);
  assert.equal(config.SOLVER.MAX_ITER, 7);
  assert.equal(config.SOLVER.MOMENTUM, 0.9);
  assert.deepEqual(config.DATASETS.TRAIN, { mine: { img_dir: "i", ann_file: "a" } });
  assert.deepEqual(config.DATASETS.TEST, {
    coco_2017_val: {
      img_dir: "elsewhere",
      ann_file: defaults.DATASETS.TEST.coco_2017_val?.ann_file,
    },
  });
});

Deno.test("applyOverrides() makes files absolute where it is told what they start from", () => {
  const config = applyOverrides(defaults, [
    "MODEL.WEIGHT=w.pth",
    'DATASETS.TEST={"mine": {"img_dir": "i", "ann_file": "/abs/a.json"}}',
  ], { baseDir: "/home/me" });
  assert.equal(config.MODEL.WEIGHT, resolve("/home/me/w.pth"));
  assert.equal(config.DATASETS.TEST.mine?.img_dir, resolve("/home/me/i"));
  assert.equal(config.DATASETS.TEST.mine?.ann_file, "/abs/a.json");
  assert.equal(applyOverrides(defaults, ["MODEL.WEIGHT="], { baseDir: "/x" }).MODEL.WEIGHT, "");
});

Deno.test("applyOverrides() names the nearest key", () => {
  refuses(["SOLVER.MAX_ITERS=3"], /SOLVER\.MAX_ITERS: unknown key \(did you mean SOLVER\.MAX_ITER/);
  refuses(["max_iter=3"], /did you mean SOLVER\.MAX_ITER\?/);
  refuses(["IMS_PER_GPU=3"], /did you mean SOLVER\.IMS_PER_GPU or TEST\.IMS_PER_GPU\?/);
  refuses(["SOLVER.MAX_ITER.x=3"], /unknown key/);
  refuses(["__proto__.polluted=1"], /unknown key/);
  refuses(['SOLVER={"__proto__": {"x": 1}}'], /unknown key/);
  assert.equal("polluted" in {}, false);
});

Deno.test("applyOverrides() names the expected type", () => {
  refuses(["SOLVER.MAX_ITER=many"], /MAX_ITER: expected a whole number.*received "many"/);
  refuses(["SOLVER.BASE_LR=NaN"], /BASE_LR: expected a number above 0, received "NaN"/);
  refuses(["MODEL.DYNAMIC_RCNN.DLA=True"], /DLA: expected true or false, received "True"/);
  refuses(["SOLVER=fast"], /SOLVER: expected a section/);
  refuses(["MODEL.BACKBONE.CONV_BODY=R-18"], /one of "R-50-FPN", "R-101-FPN", "R-152-FPN"/);
  refuses(['DATASETS.TEST={"a":{"img_dir":"x"}}'], /DATASETS\.TEST\.a\.ann_file: is missing/);
});

Deno.test("applyOverrides() asks for KEY=VALUE", () => {
  refuses(["SOLVER.MAX_ITER"], /expected KEY=VALUE/);
  refuses(["=3"], /expected KEY=VALUE/);
});

Deno.test("the proposals follow IMS_PER_GPU from the command line too", () => {
  const config = applyOverrides(defaults, ["SOLVER.IMS_PER_GPU=1"]);
  assert.equal(config.MODEL.RPN.FPN_POST_NMS_TOP_N_TRAIN, 1000);
});

Deno.test("resolveRunConfig() scales the experiment's own figures once", () => {
  const { config, notes } = resolveRunConfig(defaults, []);
  assert.equal(config.SOLVER.BASE_LR, 0.0025);
  assert.equal(config.SOLVER.MAX_ITER, 720000);
  assert.equal(config.SOLVER.IMS_PER_BATCH, 2);
  assert.equal(resolveSchedule(config).scale, 1);
  assert.match(notes.join(), /0\.02 \/ 8 = 0\.0025, 720000 iterations/);
  assert.deepEqual(resolveRunConfig(config, []), { config, notes: [] });
});

Deno.test("resolveRunConfig() takes iteration counts from the command line as they are", () => {
  const { config } = resolveRunConfig(defaults, ["SOLVER.MAX_ITER=3", "SOLVER.STEPS=[2]"]);
  assert.equal(config.SOLVER.MAX_ITER, 3);
  assert.deepEqual(config.SOLVER.STEPS, [2]);
  assert.equal(config.SOLVER.BASE_LR, 0.0025, "the rate is still that of the smaller batch");
  assert.equal(resolveRunConfig(defaults, ['SOLVER={"MAX_ITER":3}']).config.SOLVER.MAX_ITER, 3);
});

Deno.test("resolveRunConfig() leaves a batch that fits as it is", () => {
  const { config, notes } = resolveRunConfig(small, ["SOLVER.MAX_ITER=50"]);
  assert.equal(config.SOLVER.MAX_ITER, 50);
  assert.deepEqual(config.SOLVER.STEPS, [60, 80]);
  assert.deepEqual(notes, []);
});

Deno.test("every key survives being set to its own value", () => {
  for (const key of allKeys()) {
    let value: unknown = defaults;
    for (const part of key.split(".")) {
      value = Object.entries(Object(value)).find(([name]) => name === part)?.[1];
    }
    if (value === undefined) continue;
    const again = applyOverrides(defaults, [`${key}=${JSON.stringify(value)}`]);
    assert.deepEqual(again, defaults, key);
  }
});

Deno.test("editDistance() is a metric: zero on itself, symmetric, at most the longer length", () => {
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
    assert.equal(editDistance(a, a), 0);
    assert.equal(editDistance(a, b), editDistance(b, a));
    assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    assert.ok(a === b || editDistance(a, b) >= 1);
  }));
  assert.equal(editDistance("kitten", "sitting"), 3);
});

Deno.test("nearestName() offers nothing far-fetched", () => {
  assert.equal(nearestName("quikstart", ["bccd", "quickstart"]), "quickstart");
  assert.equal(nearestName("zzz", ["bccd", "quickstart"]), undefined);
  assert.equal(nearestName("x", []), undefined);
});
