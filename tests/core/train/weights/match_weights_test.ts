/** The original's matching (engine/checkpoint.py), and the words for what does not match. */
import assert from "node:assert/strict";
import type { HostTensor } from "../../../../core/nn/state.ts";
import { matchWeights, type WeightMatch } from "../../../../core/train/weights/match_weights.ts";
import { detailLines, summaryLines } from "../../../../core/train/weights/match_report.ts";

function tensor(...shape: number[]): HostTensor {
  return { shape, data: new Float32Array(shape.reduce((product, n) => product * n, 1)) };
}

function match(
  wanted: Record<string, number[]>,
  file: Record<string, number[]>,
  known?: ReadonlySet<string>,
): WeightMatch {
  return matchWeights(
    Object.entries(wanted).map(([name, shape]) => ({ name, shape })),
    new Map(Object.entries(file).map(([name, shape]) => [name, tensor(...shape)])),
    known,
  );
}

/** `model name ← file name` of what was loaded. */
function pairs({ loaded }: WeightMatch): string[] {
  return loaded.map(({ name, from }) => `${name} ← ${from}`);
}

function reasons({ skipped }: WeightMatch): Record<string, string> {
  return Object.fromEntries(skipped.map(({ name, reason }) => [name, reason]));
}

Deno.test("matching: the longest suffix wins, as in the original's own example", () => {
  const found = match(
    { "backbone.body.conv1.weight": [4], "backbone.body.res2.conv1.weight": [4] },
    { "conv1.weight": [4], "res2.conv1.weight": [4] },
  );
  assert.deepEqual(pairs(found), [
    "backbone.body.conv1.weight ← conv1.weight",
    "backbone.body.res2.conv1.weight ← res2.conv1.weight",
  ]);
  assert.deepEqual([found.missing, found.skipped, found.identity], [[], [], []]);
});

Deno.test("matching: a suffix need not begin at a dot, and a longer match shadows it", () => {
  const both = match(
    { "rpn_bbox_pred.weight": [2], "bbox_pred.weight": [2] },
    { "rpn_bbox_pred.weight": [2], "bbox_pred.weight": [2], "pred.weight": [2] },
  );
  assert.deepEqual(pairs(both), [
    "rpn_bbox_pred.weight ← rpn_bbox_pred.weight",
    "bbox_pred.weight ← bbox_pred.weight",
  ]);
  assert.deepEqual(reasons(both), { "pred.weight": "shadowed" });
});

Deno.test("matching: module. goes only where all names have it, and then everywhere", () => {
  const wanted = { "fc6.weight": [3], "fc7.weight": [3] };
  const all = match(wanted, { "module.fc6.weight": [3], "module.module.fc7.weight": [3] });
  assert.deepEqual(pairs(all), ["fc6.weight ← fc6.weight", "fc7.weight ← fc7.weight"]);
  const some = match(wanted, { "module.fc6.weight": [3], "fc7.weight": [3] });
  assert.deepEqual(pairs(some), ["fc7.weight ← fc7.weight"]);
  assert.deepEqual(reasons(some), { "module.fc6.weight": "unknown" });
});

Deno.test("matching: another shape is skipped and its place named, as a head of other classes is", () => {
  const found = match({ "fc7.bias": [8], "cls_score.weight": [5, 8] }, {
    "fc7.bias": [8],
    "cls_score.weight": [81, 8],
  });
  assert.deepEqual(pairs(found), ["fc7.bias ← fc7.bias"]);
  assert.deepEqual(found.missing, [{ name: "cls_score.weight", refused: "cls_score.weight" }]);
  assert.deepEqual(found.skipped, [{
    name: "cls_score.weight",
    reason: "shape",
    detail: "81×8 where cls_score.weight is 5×8",
  }]);
});

Deno.test("matching: a tensor that several would take is taken by the one of its name or by none", () => {
  const wanted = { "a.bn.weight": [4], "b.bn.weight": [4], "bn.weight": [4] };
  const exact = match(wanted, { "bn.weight": [4] });
  assert.deepEqual(pairs(exact), ["bn.weight ← bn.weight"]);
  assert.deepEqual(exact.missing.map(({ name }) => name), ["a.bn.weight", "b.bn.weight"]);
  const none = match({ "a.bn.weight": [4], "b.bn.weight": [4] }, { "bn.weight": [4] });
  assert.deepEqual(reasons(none), { "bn.weight": "ambiguous" });
  assert.deepEqual(pairs(none), []);
  // The stem of a shallower model's file: of all the places, its shape fits one.
  const shape = match({ "stem.conv1.weight": [4, 3], "layer3.6.conv1.weight": [4, 4] }, {
    "conv1.weight": [4, 3],
  });
  assert.deepEqual(pairs(shape), ["stem.conv1.weight ← conv1.weight"]);
});

Deno.test("matching: statistics that a file of folded batch norm lacks are neutral, not missing", () => {
  const wanted = {
    "bn1.weight": [4],
    "bn1.bias": [4],
    "bn1.running_mean": [4],
    "bn1.running_var": [4],
    "bn2.running_var": [4],
  };
  const folded = match(wanted, { "bn1.weight": [4], "bn1.bias": [4] });
  assert.deepEqual(folded.identity, ["bn1.running_mean", "bn1.running_var"]);
  assert.deepEqual(folded.missing.map(({ name }) => name), ["bn2.running_var"]);
  const partly = match(wanted, { "bn1.weight": [4], "bn1.bias": [4], "bn1.running_mean": [4] });
  assert.deepEqual(partly.identity, []);
  assert.deepEqual(partly.missing.map(({ name }) => name), ["bn1.running_var", "bn2.running_var"]);
});

Deno.test("matching: anchors and counters are known, and not held against a file", () => {
  const anchors = "anchor_generator.cell_anchors.0";
  const found = match(
    { "bn1.weight": [4] },
    { "bn1.weight": [4], "bn1.num_batches_tracked": [], [anchors]: [3, 4], "fc1000.bias": [9] },
    new Set([anchors]),
  );
  assert.deepEqual(reasons(found), {
    "bn1.num_batches_tracked": "known",
    [anchors]: "known",
    "fc1000.bias": "unknown",
  });
});

Deno.test("the report names few tensors, counts many, and lists all in its details", () => {
  const wanted = Object.fromEntries(
    Array.from({ length: 9 }, (_, i) => [`backbone.fpn.inner${i % 3}.w${i}`, [1]]),
  );
  const report = {
    path: "/w.pth",
    format: "pth",
    ignored: ["optimizer"],
    warnings: [],
    ...match({ ...wanted, "fc6.bias": [2], "cls_score.bias": [3] }, {
      "fc6.bias": [2],
      "cls_score.bias": [5],
      "old.thing": [1],
    }),
  } as const;
  assert.deepEqual(summaryLines(report), [
    "Weights of /w.pth (pth): 1 of 11 tensors loaded.",
    "Not loaded, left as initialised: backbone.fpn.inner0 (3), backbone.fpn.inner1 (3), " +
    "backbone.fpn.inner2 (3), cls_score.bias.",
    "Skipped (shape): cls_score.bias: 5 where cls_score.bias is 3.",
    "Skipped, not of this model: old.thing.",
    "Left alone in the file: optimizer.",
  ]);
  const details = detailLines(report);
  assert.equal(details.length, 13);
  assert.equal(details[0], "fc6.bias loaded from fc6.bias");
  assert.ok(details.includes("cls_score.bias: 5 where cls_score.bias is 3: skipped (shape)"));
});
