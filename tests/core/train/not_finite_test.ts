/** NaN and infinity in training: found in the iteration where they are, which leaves nothing behind. */
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { BatchLoader } from "../../../core/data/mod.ts";
import { learningRate } from "../../../core/nn/lr_schedule.ts";
import { Sgd } from "../../../core/nn/sgd.ts";
import type { ModelState } from "../../../core/nn/state.ts";
import { defineExperiment, resolveSchedule } from "../../../core/train/config.ts";
import { openTrainingSet, trainingLoader } from "../../../core/train/datasets.ts";
import { readWeights } from "../../../core/train/weights/read_weights.ts";
import { writeSafetensors } from "../../../core/train/weights/safetensors_writer.ts";
import { makeModel } from "../../../core/train/trainer.ts";
import { launchStep } from "../../../core/train/training_step.ts";
import tiny from "../../fixtures/tiny/config.ts";
import { setArguments } from "../../_support/command.ts";
import { onDevices } from "../../_support/devices.ts";
import { contentOf, type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

/** A run of two iterations, and a file of its weights where `name` begins with NaN. */
async function poisoned(run: TinyRun, name: string): Promise<string> {
  const trained = await run.run(
    "train",
    "--fresh",
    ...setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]"]),
  );
  assert.equal(trained.code, 0, trained.stderr);
  const { tensors } = await readWeights(run.folder.lastCheckpoint);
  const bad = tensors.get(name);
  assert.ok(bad, `the model has ${name}`);
  bad.data[0] = NaN;
  const path = join(run.data.folder, "poisoned.safetensors");
  const sources = [...tensors].map(([name, { shape, data }]) => ({
    name,
    shape,
    read: () => Promise.resolve(data),
  }));
  await writeSafetensors(path, sources, {});
  return path;
}

Deno.test("a rate that explodes stops the run with 1, and the checkpoint before it stays", async () => {
  await withTinyRun(async (run) => {
    const sets = ["SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=4"];
    const sound = await run.run("train", ...setArguments([...sets, "SOLVER.MAX_ITER=4"]));
    assert.equal(sound.code, 0, sound.stderr);
    const before = await contentOf(run.folder.checkpoints);
    const exploding = [...sets, "SOLVER.MAX_ITER=20", "SOLVER.BASE_LR=1e30"];
    const result = await run.run("train", ...setArguments(exploding));
    assert.equal(result.code, 1, result.stderr);
    const last = (await run.metrics()).at(-1)!;
    assert.ok(last.iteration >= 5 && last.iteration < 8, `iteration ${last.iteration}`);
    const message = result.stderr.split("\n").at(-1)!;
    assert.match(
      message,
      new RegExp(`^error: Training stopped in iteration ${last.iteration} as a `),
    );
    for (const name of ["rpn_cls_loss", "rpn_bbox_loss", "rcnn_cls_loss", "rcnn_bbox_loss"]) {
      assert.match(message, new RegExp(`${name} (NaN|-?Infinity|[\\d.e+-]+)[,;]`));
    }
    assert.ok(message.includes(`images ${last.image_ids.join(", ")};`), message);
    assert.ok(message.includes(`IoU threshold ${last.rcnn_iou}, β ${last.rcnn_beta})`), message);
    assert.deepEqual(await contentOf(run.folder.checkpoints), before);

    // And the run goes on from there with a rate that holds.
    const mended = await run.run("train", ...setArguments([...sets, "SOLVER.MAX_ITER=8"]));
    assert.equal(mended.code, 0, mended.stderr);
    const metrics = await run.metrics();
    assert.deepEqual(metrics.map(({ iteration }) => iteration), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.ok(metrics.every(({ loss }) => Number.isFinite(loss)));
  });
});

Deno.test("NaN in a weight is found in its first iteration, behind ReLUs too, and nothing is saved", async (t) => {
  await withTinyRun(async (run) => {
    for (
      const name of [
        "backbone.body.stem.conv1.weight",
        "backbone.body.layer2.0.conv1.weight",
        "rpn_conv.weight",
        "fc6.weight",
      ]
    ) {
      await t.step(name, async () => {
        const file = await poisoned(run, name);
        const sets = setArguments([`MODEL.WEIGHT=${file}`, "SOLVER.CHECKPOINT_PERIOD=1"]);
        const result = await run.run("train", "--fresh", ...sets);
        assert.equal(result.code, 1, result.stderr);
        assert.match(result.stderr, /\nerror: Training stopped in iteration 1 /);
        const left = Object.keys(await contentOf(run.folder.root)).map((name) => basename(name));
        assert.deepEqual(left.sort(), ["config.json", "metrics.jsonl", "train_log.txt"]);
      });
    }
  });
});

/** All numbers of a model's parameters, as the device holds them. */
async function weightsOf(state: ModelState): Promise<Map<string, Float32Array>> {
  const weights = new Map<string, Float32Array>();
  for (const { name, tensor } of state.entries()) weights.set(name, await tensor.readFloats());
  return weights;
}

onDevices("a step that is not finite leaves weights and momentum as they were", async (device) => {
  await withTinyRun(async (run) => {
    const spec = { tiny: { img_dir: join(run.data.folder, "images"), ann_file: run.data.annFile } };
    const config = defineExperiment({ DATASETS: { TRAIN: spec, TEST: spec } }, tiny);
    const dataset = await openTrainingSet(config);
    const loader: BatchLoader = trainingLoader(dataset, config, {
      firstIteration: 1,
      lastIteration: 2,
    });
    const model = makeModel(device, config);
    const optimizer = new Sgd(model.state, {
      momentum: 0.9,
      weightDecay: 1e-4,
      biasLrFactor: 2,
      weightDecayBias: 0,
      clipNorm: 0,
    });
    const context = { model, optimizer, device, config };
    const lr = learningRate(resolveSchedule(config), 1);
    const criteria = { iou: 0.2, beta: 4 };
    const initial = await weightsOf(model.state);
    for await (const batch of loader) {
      const { iteration } = batch;
      const sampling = { mode: "random", seed: 0, iteration } as const;
      const isBad = iteration === 2;
      const poison = model.state.get("fc7.bias");
      assert.ok(poison);
      if (isBad) poison.tensor.write(new Float32Array(poison.tensor.size).fill(NaN));
      const before = await weightsOf(model.state);
      const velocity = await optimizer.sources().find(({ name }) => name === "fc6.weight")!.read();
      const report = await launchStep(context, batch, { criteria, sampling, lr }).report();
      const after = await weightsOf(model.state);
      assert.equal(report.isFinite, !isBad);
      if (isBad) {
        assert.deepEqual(after, before);
        const kept = await optimizer.sources().find(({ name }) => name === "fc6.weight")!.read();
        assert.deepEqual(kept, velocity);
      } else assert.notDeepEqual(after.get("fc6.weight"), initial.get("fc6.weight"));
    }
    optimizer.close();
    model.close();
  });
});
