/** Weights on their way in and out, as the commands use them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { HostTensor } from "../../../core/nn/state.ts";
import { readWeights } from "../../../core/train/weights/read_weights.ts";
import { writeSafetensors } from "../../../core/train/weights/safetensors_writer.ts";
import { writeTorchLegacy, writeTorchZip } from "../../../core/train/weights/torch_writer.ts";
import { type CommandResult, setArguments } from "../../_support/command.ts";
import { contentOf, type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

const SHORT = setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=1"]);

function succeeded(result: CommandResult): CommandResult {
  assert.equal(result.code, 0, result.stderr);
  return result;
}

function refused(result: CommandResult, code: number, sentence: RegExp): void {
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, sentence);
}

async function predictions(run: TinyRun, place = "tiny"): Promise<string> {
  return await Deno.readTextFile(join(run.folder.inference, place, "predictions.json"));
}

async function weightsOf(path: string): Promise<Map<string, HostTensor>> {
  const { tensors } = await readWeights(path);
  return new Map([...tensors].filter(([name]) => !name.startsWith("optimizer.")));
}

Deno.test("a run's weights go out in every format and come back as the same detections", async () => {
  await withTinyRun(async (run) => {
    succeeded(await run.run("train", ...SHORT));
    const before = await predictions(run);
    const own = await weightsOf(run.folder.lastCheckpoint);
    for (const format of ["pth", "pth-legacy", "safetensors"]) {
      const out = join(run.folder.root, "..", `out.${format}`);
      const result = succeeded(await run.run("export", "--format", format, "--out", out, "--json"));
      const document = JSON.parse(result.stdout);
      assert.equal(document.iteration, 2);
      const exported = await weightsOf(out);
      assert.deepEqual(
        document.tensors.map(({ name }: { name: string }) => name),
        [...exported.keys()],
      );
      assert.equal(exported.size, own.size + 5);
      for (const [name, { shape, data }] of own) {
        assert.deepEqual(exported.get(name), { shape, data }, name);
      }
      assert.deepEqual(exported.get("anchor_generator.cell_anchors.4")?.shape, [3, 4]);
      succeeded(await run.run("test", "--weights", out));
      assert.equal(await predictions(run, "tiny_weights"), before);
    }
  });
});

Deno.test("export names its file after the checkpoint and replaces one only with --force", async () => {
  await withTinyRun(async (run) => {
    refused(await run.run("export"), 3, /There is no checkpoint in .*; train first/);
    succeeded(await run.run("train", ...SHORT));
    succeeded(await run.run("export", "-i", "1"));
    const path = join(run.folder.root, "export", "model_0000001.pth");
    const first = await Deno.readFile(path);
    refused(
      await run.run("export", "-i", "1"),
      2,
      /model_0000001\.pth is there already; .*--force/,
    );
    assert.deepEqual(await Deno.readFile(path), first);
    succeeded(await run.run("export", "--out", path, "--force"));
    assert.notDeepEqual(await Deno.readFile(path), first);
    refused(await run.run("export", "--out", run.folder.root), 2, /is a folder/);
    refused(await run.run("export", "--format", "onnx"), 2, /onnx/);
  });
});

Deno.test("a checkpoint of the original dropped in is what test uses, and what -i finds", async () => {
  await withTinyRun(async (run) => {
    succeeded(await run.run("train", ...SHORT));
    const [before, own] = [await predictions(run), await weightsOf(run.folder.lastCheckpoint)];
    const wrapped = new Map([...own].map(([name, tensor]) => [`module.${name}`, tensor]));
    const path = join(run.folder.checkpoints, "model_0090000.pth");
    await writeTorchLegacy(path, { model: wrapped, iteration: 90_000 });
    await Deno.remove(run.folder.lastCheckpoint);
    // As the original links it: by its absolute path.
    await Deno.symlink(path, run.folder.lastCheckpoint);
    const tested = succeeded(await run.run("test", "--json"));
    const { weights } = JSON.parse(tested.stdout);
    assert.equal(weights.format, "pth");
    assert.equal(weights.loaded.length, own.size);
    assert.equal(weights.loaded[0].from, `module.${weights.loaded[0].name}`);
    assert.deepEqual([weights.missing, weights.skipped], [[], []]);
    assert.equal(await predictions(run), before);
    succeeded(await run.run("test", "-i", "90000"));
    succeeded(await run.run("test", "-i", "1"));
    refused(await run.run("test", "-i", "3"), 2, /no checkpoint of iteration 3 .*: 1, 2, 90000\./);
    // It has no optimizer of ours: nothing to go on from, and nothing is overwritten.
    const there = await contentOf(run.folder.root);
    refused(await run.run("train", ...SHORT), 3, /no training state to go on from; .*--init-from/);
    assert.deepEqual(await contentOf(run.folder.root), there);
  });
});

Deno.test("--init-from fine-tunes: a head of other classes starts at random and is listed", async () => {
  await withTinyRun(async (run) => {
    succeeded(await run.run("train", ...SHORT));
    const source = join(run.folder.root, "..", "source.safetensors");
    await Deno.copyFile(await Deno.realPath(run.folder.lastCheckpoint), source);
    await run.edit((coco) => {
      coco.categories = [{ id: 1, name: "thing" }];
      for (const annotation of coco.annotations) annotation.category_id = 1;
    });
    const classes = ["--set", "MODEL.ROI_BOX_HEAD.NUM_CLASSES=2", ...SHORT];
    const there = await contentOf(run.folder.root);
    refused(
      await run.run("train", ...classes),
      2,
      /cls_score\.weight as 3×32 .* 2×32; .*--init-from/,
    );
    const again = await run.run("train", ...classes, "--init-from", source);
    refused(again, 2, /--init-from starts a new run and there is .*model_0000002/);
    assert.deepEqual(await contentOf(run.folder.root), there);
    const tuned = await run.run("train", ...classes, "--fresh", "--init-from", source, "--json");
    const { weights } = JSON.parse(succeeded(tuned).stdout);
    const head = ["cls_score.weight", "cls_score.bias", "bbox_pred.weight", "bbox_pred.bias"];
    const names = (list: { name: string }[]) => list.map(({ name }) => name).sort();
    assert.deepEqual(names(weights.missing), head.toSorted());
    assert.deepEqual(
      weights.skipped.filter(({ reason }: { reason: string }) => reason === "shape").length,
      4,
    );
    assert.match(await run.log(), /left as initialised: .*cls_score\.weight/);
    assert.match(await run.log(), /cls_score\.weight: 3×32 where cls_score\.weight is 2×32/);
    const record = JSON.parse(await Deno.readTextFile(run.folder.config));
    assert.equal(record.config.MODEL.WEIGHT, source);
  });
});

Deno.test("a file of little that fits starts a training and is refused where all is needed", async () => {
  await withTinyRun(async (run) => {
    succeeded(await run.run("train", ...SHORT));
    const own = await weightsOf(run.folder.lastCheckpoint);
    const folder = join(run.folder.root, "..");
    const body = join(folder, "body.pth"), nothing = join(folder, "nothing.safetensors");
    const prefix = "backbone.body.";
    const named = [...own].filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]): [string, HostTensor] => [name.slice(prefix.length), tensor]);
    const extra: [string, HostTensor] = ["fc1000.bias", { shape: [1], data: Float32Array.of(1) }];
    await writeTorchZip(body, { model: new Map([...named, extra]) });
    const read = () => Promise.resolve(Float32Array.of(1));
    await writeSafetensors(nothing, [{ name: "head.dense", shape: [1], read }], {});

    refused(await run.run("test", "--weights", body), 2, /has no backbone\.fpn\..*random/);
    refused(await run.run("detect", run.image(1), "--weights", body), 2, /has no backbone\.fpn/);
    refused(await run.run("export", "--weights", body), 2, /has no backbone\.fpn/);
    refused(await run.run("test", "--weights", nothing), 2, /fits nothing .*\(head\.dense\)/);
    refused(await run.run("train", "--fresh", "--init-from", nothing), 2, /fits nothing/);

    const inspected = await run.run("inspect", "--weights", body, "--json", "--debug");
    const { weights, layers } = JSON.parse(succeeded(inspected).stdout);
    assert.ok(layers.length > 20);
    assert.equal(weights.loaded.length, named.length);
    assert.equal(weights.loaded[0].name, `${prefix}${weights.loaded[0].from}`);
    assert.equal(weights.missing.length, own.size - named.length);
    assert.deepEqual(weights.skipped.map(({ name }: { name: string }) => name), ["fc1000.bias"]);
    assert.match(
      inspected.stderr,
      /fc1000\.bias: the model has no such tensor: skipped \(unknown\)/,
    );
    const trained = await run.run("train", ...SHORT, "--fresh", "--init-from", body);
    assert.match(succeeded(trained).stderr, /Not loaded, left as initialised: backbone\.fpn/);
  });
});

Deno.test("a damaged checkpoint stops a run; with --resume=auto it goes on from the one before", async () => {
  await withTinyRun(async (run) => {
    succeeded(await run.run("train", ...SHORT));
    const path = await Deno.realPath(run.folder.lastCheckpoint);
    const bytes = await Deno.readFile(path);
    bytes[bytes.length - 9]! ^= 1;
    await Deno.writeFile(path, bytes);
    const expected = await run.metrics();
    refused(
      await run.run("train", ...SHORT),
      3,
      /model_0000002\.safetensors is damaged: the numbers/,
    );
    refused(
      await run.run("test"),
      3,
      /is damaged: the numbers of optimizer\.momentum\.\S+ are not/,
    );
    const resumed = succeeded(await run.run("train", ...SHORT, "--resume=auto"));
    assert.match(resumed.stderr, /warning: Checkpoint passed over: .*model_0000002.* is damaged/);
    assert.match(resumed.stderr, /Resumed from .*model_0000001\.safetensors/);
    assert.equal((await run.metrics()).at(-1)?.loss, expected.at(-1)?.loss);
    succeeded(await run.run("test"));
  });
});
