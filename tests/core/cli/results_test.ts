/** What the commands give back: figures, documents, pictures, predictions. */
import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";
import { type CommandResult, runHere, setArguments, TINY } from "../../_support/command.ts";
import { contentOf, type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

const SHORT = setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=1"]);

/** The one document on stdout. @throws SyntaxError where anything else is there */
function documentOf({ code, stdout, stderr }: CommandResult): Record<string, unknown> {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function predictionsOf(run: TinyRun, place = "tiny") {
  const path = join(run.folder.inference, place, "predictions.json");
  const detections: { image_id: number; category_id: number; bbox: number[]; score: number }[] =
    JSON.parse(await Deno.readTextFile(path));
  return { path, detections };
}

Deno.test("with --json every command prints one document and nothing else on stdout", async () => {
  await withTinyRun(async (run) => {
    const trained = documentOf(await run.run("train", ...SHORT, "--json"));
    assert.equal(trained.complete, true);
    assert.equal(documentOf(await run.run("train", ...SHORT, "--json")).complete, true);
    const tested = documentOf(await run.run("test", "--json"));
    assert.deepEqual(Object.keys(tested), ["folder", "weights", "results"]);
    assert.deepEqual(tested.results, trained.results);
    const { path } = await predictionsOf(run);
    const again = documentOf(await run.run("test", "--predictions", path, "--json"));
    assert.deepEqual(again.results, trained.results);
    const out = join(run.folder.root, "all.html");
    const report = await runHere(["report", run.folder.root, "--out", out, "--json"]);
    assert.equal(documentOf(report).file, out);
    const inspected = documentOf(await runHere(["inspect", TINY, "--json"]));
    assert.ok(Array.isArray(inspected.layers) && inspected.layers.length > 20);
    assert.ok("adapters" in documentOf(await runHere(["doctor", "--json"])));
    const sets = setArguments(run.data.sets);
    assert.equal(documentOf(await runHere(["data", "check", TINY, ...sets, "--json"])).ok, true);
  });
});

Deno.test("test -i takes an earlier checkpoint and leaves the newest one's results", async () => {
  await withTinyRun(async (run) => {
    assert.equal((await run.run("train", ...SHORT)).code, 0);
    const before = await contentOf(join(run.folder.inference, "tiny"));
    assert.equal((await run.run("test", "-i", "1")).code, 0);
    assert.deepEqual(await contentOf(join(run.folder.inference, "tiny")), before);
    const [first, last] = [await predictionsOf(run, "tiny_1"), await predictionsOf(run)];
    assert.notDeepEqual(first.detections, last.detections);
  });
});

Deno.test("test -s draws detections green and truth red, from stored predictions too", async () => {
  await withTinyRun(async (run) => {
    // Two images of one name in two folders, and a category that the set has not.
    await Deno.mkdir(join(run.data.folder, "images", "b"));
    await Deno.copyFile(run.image(2), join(run.data.folder, "images", "b", "1.png"));
    await run.edit(({ images, annotations }) => {
      images[1]!.file_name = "b/1.png";
      annotations[0]!.bbox = [40, 8, 16, 40];
    });
    const file = join(run.folder.root, "mine.json");
    await Deno.mkdir(run.folder.root);
    const bbox = [4, 8, 16, 40];
    const detection = { image_id: 1, category_id: 3, bbox, score: 0.9 };
    await Deno.writeTextFile(
      file,
      JSON.stringify([detection, { ...detection, category_id: 99 }, { ...detection, score: 0.1 }]),
    );
    const result = await run.run("test", "--predictions", file, "-s");
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /warning: .*99/);
    const pictures = join(run.folder.inference, "tiny_predictions", "pictures");
    const names = await Array.fromAsync(Deno.readDir(pictures), ({ name }) => name);
    assert.deepEqual(names.sort(), [
      "1.png",
      ...["3", "4", "5", "6", "7"].map((n) => `${n}.png`),
      "b_1.png",
    ]);
    const { data, info } = await sharp(join(pictures, "1.png")).raw().toBuffer({
      resolveWithObject: true,
    });
    assert.deepEqual([info.width, info.height], [64, 64]);
    const at = (x: number, y: number) => {
      const i = (y * info.width + x) * info.channels;
      return [data[i]!, data[i + 1]!, data[i + 2]!] as const;
    };
    // Boxes' left edges, below their labels.
    const [green, red] = [at(4, 44), at(40, 44)];
    assert.ok(green[1] > green[0] + 30 && green[1] > green[2] + 30, `green: ${green}`);
    assert.ok(red[0] > red[1] + 30 && red[0] > red[2] + 30, `red: ${red}`);
  });
});

Deno.test("sparse category ids come back in the predictions", async () => {
  await withTinyRun(async (run) => {
    assert.equal((await run.run("train", ...SHORT)).code, 0);
    const { detections } = await predictionsOf(run);
    assert.ok(detections.length > 10);
    assert.deepEqual([...new Set(detections.map((d) => d.category_id))].sort(), [3, 7]);
    assert.ok(detections.every(({ image_id }) => image_id >= 1 && image_id <= 7));
  });
});

Deno.test("one class whose id is 0 trains and comes back", async () => {
  await withTinyRun(async (run) => {
    await run.edit((coco) => {
      coco.categories = [{ id: 0, name: "thing" }];
      for (const annotation of coco.annotations) annotation.category_id = 0;
    });
    const classes = ["--set", "MODEL.ROI_BOX_HEAD.NUM_CLASSES=2"];
    const trained = await run.run("train", ...SHORT, ...classes);
    assert.equal(trained.code, 0, trained.stderr);
    const { detections } = await predictionsOf(run);
    assert.ok(detections.length > 10);
    assert.ok(detections.every(({ category_id }) => category_id === 0));
  });
});

Deno.test("inspect --step may write nothing, is the same each time, and follows its options", async () => {
  await withTinyRun(async (run) => {
    const before = await contentOf(run.data.folder);
    const step = async (...more: string[]) => {
      // The task itself: its permissions are what keeps it from writing.
      const { code, stdout, stderr } = await new Deno.Command("deno", {
        args: ["task", "--quiet", "inspect", TINY, "--step", "--json", "--device", "cpu"]
          .concat(setArguments(run.data.sets), more),
        cwd: PROJECT_ROOT,
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const [first, second, loose] = await Promise.all([
      step(),
      step(),
      step("--iou", "0.1", "--beta", "0.5"),
    ]);
    assert.equal(first, second);
    const [strict, other] = [JSON.parse(first!), JSON.parse(loose!)];
    assert.deepEqual(strict.counts.images, [1, 2]);
    assert.ok(Object.values(strict.losses).every(Number.isFinite));
    assert.equal(other.losses.rpn_cls_loss, strict.losses.rpn_cls_loss);
    assert.notEqual(other.losses.rcnn_bbox_loss, strict.losses.rcnn_bbox_loss);
    assert.ok(Object.keys(strict.gradients).includes("fc6.weight"));
    assert.deepEqual(await contentOf(run.data.folder), before);
  });
});

Deno.test("doctor only looks: it has no permission to write", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(PROJECT_ROOT, "deno.json")));
  assert.doesNotMatch(tasks.doctor.command, /--allow-write|--allow-all|-A\b/);
});
