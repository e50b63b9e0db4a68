/** Every tensor of other makers' models finds its place: names and shapes of tests/fixtures/foreign/names.json. */
import assert from "node:assert/strict";
import { DynamicRcnn } from "../../../../core/detection/dynamic_rcnn.ts";
import type { HostTensor } from "../../../../core/nn/state.ts";
import { DryDevice } from "../../../../core/runtime/mod.ts";
import { defaults, defineExperiment } from "../../../../core/train/config.ts";
import { matchFile } from "../../../../core/train/weights/load_weights.ts";
import { mmdetectionNames } from "../../../../core/train/weights/name_maps/mmdetection.ts";
import {
  COCO_ROWS,
  torchvisionNames,
} from "../../../../core/train/weights/name_maps/torchvision.ts";
import names from "../../../fixtures/foreign/names.json" with { type: "json" };

/** A ResNet-50's own tensors by name and shape, for 81 classes. */
const wanted = (() => {
  const model = new DynamicRcnn(new DryDevice(), defaults.MODEL, { seed: 1, imagesPerGpu: 1 });
  return model.state.entries().map(({ name, shape }) => ({ name, shape }));
})();

/** A file of tensors that have shapes and no numbers, matched with the model. */
function matched(
  file: Readonly<Record<string, readonly number[]>>,
  options: { WEIGHT_NAMES: "torchvision" | "mmdetection"; need?: "all" | "some" },
) {
  const tensors = new Map(
    Object.entries(file).map((
      [name, shape],
    ): [string, HostTensor] => [name, { shape, data: new Float32Array(0) }]),
  );
  const { WEIGHT_NAMES, need = "all" } = options;
  const { MODEL: model } = defineExperiment({ MODEL: { WEIGHT_NAMES } });
  const content = { path: "f.pth", format: "pth", metadata: {}, tensors, ignored: [] } as const;
  return matchFile(wanted, content, { model, need }).report;
}

for (
  const { WEIGHT_NAMES, file } of [
    { WEIGHT_NAMES: "torchvision", file: "torchvision" },
    { WEIGHT_NAMES: "torchvision", file: "torchvision_frozen" },
    { WEIGHT_NAMES: "mmdetection", file: "mmdetection" },
  ] as const
) {
  Deno.test(`a file of ${file} fills the whole model, and nothing of it is left but counters`, () => {
    const { loaded, missing, skipped } = matched(names[file], { WEIGHT_NAMES });
    assert.equal(loaded.length, wanted.length);
    assert.deepEqual(missing, []);
    const counters = Object.keys(names[file]).filter((name) =>
      name.endsWith("num_batches_tracked")
    );
    assert.equal(skipped.length, counters.length);
    for (const { name, reason } of skipped) {
      assert.match(name, /num_batches_tracked$/);
      assert.equal(reason, "known");
    }
  });
}

Deno.test("torchvision's ResNet for ImageNet fills the body under both makers' names", () => {
  const body = wanted.filter(({ name }) => name.startsWith("backbone.body."));
  for (const WEIGHT_NAMES of ["torchvision", "mmdetection"] as const) {
    const { loaded, skipped } = matched(names.resnet50, { WEIGHT_NAMES, need: "some" });
    assert.deepEqual(loaded.map(({ name }) => name), body.map(({ name }) => name));
    const unknown = skipped.filter(({ reason }) => reason !== "known").map(({ name }) => name);
    assert.deepEqual(unknown, ["fc.weight", "fc.bias"]);
  }
});

Deno.test("files under the original's names pass both maps untouched", () => {
  const ours = new Map(
    wanted.map(({ name, shape }) => [name, { shape, data: new Float32Array(1) }]),
  );
  assert.equal(torchvisionNames(ours, { classes: 81 }), ours);
  assert.equal(mmdetectionNames(ours, { classes: 81 }), ours);
});

Deno.test("COCO's 80 ids and the background are picked of 91 classes", () => {
  assert.equal(COCO_ROWS.length, 81);
  assert.deepEqual(COCO_ROWS.slice(0, 14), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14]);
  assert.deepEqual(COCO_ROWS.slice(-8), [82, 84, 85, 86, 87, 88, 89, 90]);
});

/** One row per class of `width` numbers, row · 10 + column. */
function rows(count: number, width: number): HostTensor {
  const data = Float32Array.from(
    { length: count * width },
    (_, i) => Math.floor(i / width) * 10 + i % width,
  );
  return { shape: [count, width], data };
}

Deno.test("torchvision's rows are picked for 81 classes and kept for 91", () => {
  const file = new Map([
    ["roi_heads.box_predictor.cls_score.weight", rows(91, 2)],
    ["roi_heads.box_predictor.cls_score.bias", { shape: [91], data: rows(91, 1).data }],
    ["roi_heads.box_predictor.bbox_pred.weight", rows(364, 2)],
  ]);
  const kept = torchvisionNames(file, { classes: 91 });
  assert.deepEqual(
    kept.get("bbox_pred.weight"),
    file.get("roi_heads.box_predictor.bbox_pred.weight"),
  );
  const picked = torchvisionNames(file, { classes: 81 });
  assert.deepEqual(picked.get("cls_score.weight")?.shape, [81, 2]);
  assert.deepEqual([...picked.get("cls_score.bias")!.data.subarray(11, 13)], [110, 130]);
  assert.deepEqual(picked.get("bbox_pred.weight")?.shape, [324, 2]);
  // Class 12 of ours is id 13 of theirs, whose offsets are rows 52 to 55.
  assert.deepEqual([...picked.get("bbox_pred.weight")!.data.subarray(96, 100)], [
    520,
    521,
    530,
    531,
  ]);
});

Deno.test("MMDetection's background goes first, with offsets of zeros", () => {
  const file = new Map([
    ["roi_head.bbox_head.fc_cls.weight", rows(4, 2)],
    ["roi_head.bbox_head.fc_reg.bias", { shape: [12], data: rows(12, 1).data }],
  ]);
  const found = mmdetectionNames(file, { classes: 4 });
  assert.deepEqual([...found.get("cls_score.weight")!.data], [30, 31, 0, 1, 10, 11, 20, 21]);
  const bias = found.get("bbox_pred.bias")!;
  assert.deepEqual(bias.shape, [16]);
  assert.deepEqual([...bias.data.subarray(0, 6)], [0, 0, 0, 0, 0, 10]);
});

Deno.test("batch norm's ε goes into the variances, except of torchvision's frozen ones", () => {
  const variance = { shape: [2], data: Float32Array.of(0, 0.5) };
  const detector = (names: string[]) =>
    new Map(names.map((name): [string, HostTensor] => [name, variance]));
  const added = (
    tensors: ReadonlyMap<string, HostTensor>,
  ) => [...tensors.get("backbone.body.stem.bn1.running_var")!.data];
  const expected = [Math.fround(1e-5), Math.fround(0.5 + 1e-5)];
  const frozen = ["backbone.body.bn1.running_var", "roi_heads.box_head.fc6.bias"];
  const counted = [...frozen, "backbone.body.bn1.num_batches_tracked"];
  assert.deepEqual(added(torchvisionNames(detector(frozen), { classes: 2 })), [0, 0.5]);
  assert.deepEqual(added(torchvisionNames(detector(counted), { classes: 2 })), expected);
  const theirs = ["backbone.bn1.running_var", "rpn_head.rpn_cls.bias"];
  assert.deepEqual(added(mmdetectionNames(detector(theirs), { classes: 2 })), expected);
  assert.deepEqual([...variance.data], [0, 0.5], "the file's own numbers are left alone");
});
