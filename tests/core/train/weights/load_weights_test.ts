/** From a file that is read to what a model gets: renaming, warnings, refusals. */
import assert from "node:assert/strict";
import type { HostTensor } from "../../../../core/nn/state.ts";
import { UsageError } from "../../../../core/runtime/errors.ts";
import { defaults } from "../../../../core/train/config.ts";
import { anchorBuffers } from "../../../../core/train/weights/anchor_buffers.ts";
import { exportedTensors } from "../../../../core/train/weights/export_weights.ts";
import { matchFile } from "../../../../core/train/weights/load_weights.ts";
import type { WeightFile } from "../../../../core/train/weights/weight_file.ts";

const { MODEL } = defaults;
const NORM = "backbone.body.layer1.0.bn1.";
const WANTED = [
  { name: "backbone.body.layer1.0.conv1.weight", shape: [2, 1, 1, 1] },
  ...["weight", "bias", "running_mean", "running_var"].map((name) => ({
    name: `${NORM}${name}`,
    shape: [2],
  })),
];

function fileOf(
  tensors: Iterable<readonly [string, HostTensor]>,
  format: WeightFile["format"],
): WeightFile {
  return { path: "/w", format, metadata: {}, tensors: new Map(tensors), ignored: [] };
}

const blobs: [string, HostTensor][] = [
  ["res2_0_branch2a_w", { shape: [2, 1, 1, 1], data: Float32Array.of(1, 2) }],
  ["res2_0_branch2a_bn_s", { shape: [2], data: Float32Array.of(3, 4) }],
  ["res2_0_branch2a_bn_b", { shape: [2], data: Float32Array.of(5, 6) }],
  ["fc1000_b", { shape: [9], data: new Float32Array(9) }],
];

Deno.test("Detectron's blobs are loaded by the original's names and told by their own", () => {
  const found = matchFile(WANTED, fileOf(blobs, "pkl"), { model: MODEL, need: "all" });
  assert.deepEqual(found.report.loaded.map(({ name, from }) => [name, from]), [
    ["backbone.body.layer1.0.conv1.weight", "res2_0_branch2a_w"],
    [`${NORM}weight`, "res2_0_branch2a_bn_s"],
    [`${NORM}bias`, "res2_0_branch2a_bn_b"],
  ]);
  assert.deepEqual([...found.tensors.get(`${NORM}bias`)!.data], [5, 6]);
  assert.deepEqual(found.report.skipped.map(({ name }) => name), ["fc1000_b"]);
  assert.deepEqual(found.report.identity, [`${NORM}running_mean`, `${NORM}running_var`]);
  // What the file took for neutral goes out as numbers.
  const exported = exportedTensors(WANTED, found, MODEL);
  assert.deepEqual([...exported.get(`${NORM}running_mean`)!.data], [0, 0]);
  assert.deepEqual([...exported.get(`${NORM}running_var`)!.data], [1, 1]);
});

Deno.test("where all is needed the first that is missing, or of another shape, is named", () => {
  const [weight, scale, bias] = blobs;
  const cases: [[string, HostTensor][], RegExp][] = [
    [
      [scale!, bias!],
      /\/w has no backbone\.body\.layer1\.0\.conv1\.weight: of the model's tensors 1 would keep/,
    ],
    [
      [["res2_0_branch2a_w", { shape: [3], data: new Float32Array(3) }], scale!, bias!],
      /\/w holds res2_0_branch2a_w as 3 where backbone\.body\.layer1\.0\.conv1\.weight is 2×1×1×1/,
    ],
    [
      [["other_thing", weight![1]]],
      /\/w fits nothing in .*, none of its 1 tensors \(other_thing\)/,
    ],
    [[], /\/w holds no weights\./],
  ];
  for (const [tensors, sentence] of cases) {
    assert.throws(
      () => matchFile(WANTED, fileOf(tensors, "pkl"), { model: MODEL, need: "all" }),
      (error) => error instanceof UsageError && sentence.test(error.message),
    );
  }
});

Deno.test("a file's anchors are not loaded; others than the configuration's are warned of", () => {
  const weight: [string, HostTensor] = [WANTED[0]!.name, blobs[0]![1]];
  const anchors = anchorBuffers(MODEL);
  const needs = { model: MODEL, need: "some" } as const;
  const same = matchFile(WANTED, fileOf([weight, ...anchors], "pth"), needs).report;
  assert.deepEqual(same.warnings, []);
  assert.deepEqual(new Set(same.skipped.map(({ reason }) => reason)), new Set(["known"]));
  const third = "anchor_generator.cell_anchors.2";
  const moved = anchors.get(third)!.data.map((value, i) => i === 5 ? value + 1 : value);
  const other = new Map(anchors).set(third, { shape: [3, 4], data: moved });
  const warned = matchFile(WANTED, fileOf([weight, ...other], "pth"), needs).report.warnings;
  assert.equal(warned.length, 1);
  assert.match(warned[0]!, /cell_anchors\.2 are other anchors than MODEL\.RPN's/);
});
