/** Detectron's blobs get the names that the original's own code gives them (tests/fixtures/weights/make.py). */
import assert from "node:assert/strict";
import type { HostTensor } from "../../../../core/nn/state.ts";
import { detectronNames } from "../../../../core/train/weights/detectron_names.ts";
import { readWeights } from "../../../../core/train/weights/read_weights.ts";
import { weightFixture } from "../../../_support/weight_files.ts";

/** Blobs and their names in the original; momentum is not among them. */
interface Case {
  readonly blobs: Record<string, string>;
  readonly stageWithDcn: boolean[];
}

const CASES: readonly Case[] = JSON.parse(
  await Deno.readTextFile(weightFixture("detectron_names.json")),
);

function tensor(value: number): HostTensor {
  return { shape: [], data: Float32Array.of(value) };
}

for (const [i, { blobs, stageWithDcn }] of CASES.entries()) {
  const count = Object.keys(blobs).length;
  Deno.test(`Detectron: ${count} blobs are named as by the original (case ${i})`, () => {
    const named = Object.keys(blobs).map((blob, i) => [blob, tensor(i)] as const);
    const momentum = [["conv1_w_momentum", tensor(-1)] as const];
    const found = detectronNames(new Map([...momentum, ...named]), { stageWithDcn });
    const expected = Object.entries(blobs).map(([, name], i): [string, number] => [name, i]);
    const actual = [...found].map(([name, { data }]): [string, number] => [name, data[0] ?? -1]);
    assert.deepEqual(new Map(actual), new Map(expected));
    assert.equal(actual.length, count);
  });
}

/** A ResNet's parameters by torchvision's names: the original's below `backbone.body`. */
function resnetNames(blocks: readonly number[]): string[] {
  const norm = (name: string) => [`${name}.weight`, `${name}.bias`];
  const names = ["conv1.weight", ...norm("bn1")];
  for (const [stage, count] of blocks.entries()) {
    for (let block = 0; block < count; block++) {
      const at = `layer${stage + 1}.${block}`;
      for (const i of [1, 2, 3]) names.push(`${at}.conv${i}.weight`, ...norm(`${at}.bn${i}`));
      if (block === 0) names.push(`${at}.downsample.0.weight`, ...norm(`${at}.downsample.1`));
    }
  }
  return names;
}

for (const [depth, blocks, index] of [[50, [3, 4, 6, 3], 0], [101, [3, 4, 23, 3], 3]] as const) {
  Deno.test(`Detectron: R-${depth}'s blobs are all of a ResNet-${depth}, and a classifier's`, () => {
    const blobs = Object.keys(CASES[index]?.blobs ?? {}).map((blob) => [blob, tensor(0)] as const);
    const beside = ["conv1.bias", "fc1000.weight", "fc1000.bias"];
    assert.deepEqual(
      [...detectronNames(new Map(blobs)).keys()].toSorted(),
      [...resnetNames(blocks), ...beside].toSorted(),
    );
  });
}

Deno.test("Detectron: a file that Python 2 wrote becomes a ResNet-50's tensors", async () => {
  const { tensors } = await readWeights(weightFixture("detectron_r50.pkl"));
  const named = detectronNames(tensors);
  const missing = resnetNames([3, 4, 6, 3]).filter((name) => !named.has(name));
  assert.deepEqual(missing, []);
  assert.equal(named.get("bn1.weight"), tensors.get("res_conv1_bn_s"));
  assert.equal(named.get("layer4.2.conv3.weight"), tensors.get("res5_2_branch2c_w"));
  assert.ok(
    [...tensors.keys()].some((blob) => blob.endsWith("_momentum")),
    "the file has momentum",
  );
  assert.ok(![...named.keys()].some((name) => name.includes("momentum")));
});
