/** `detect` on one's own images: what it writes, what it says of files that are no images. */
import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { cocoCategories } from "../../../core/data/mod.ts";
import { classNames } from "../../../core/cli/class_names.ts";
import { readDetections } from "../../../core/eval/mod.ts";
import { defineExperiment } from "../../../core/train/config.ts";
import { setArguments } from "../../_support/command.ts";
import { type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

const SHORT = setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]"]);

async function withTrained(body: (run: TinyRun) => Promise<void>): Promise<void> {
  await withTinyRun(async (run) => {
    const { code, stderr } = await run.run("train", ...SHORT);
    assert.equal(code, 0, stderr);
    await body(run);
  });
}

async function readJson(...path: string[]) {
  return JSON.parse(await Deno.readTextFile(join(...path)));
}

Deno.test("detect finds in single files what test finds, and says which id is which file", async () => {
  await withTrained(async (run) => {
    // An image of another shape in another folder, named in another order.
    const other = join(run.data.folder, "tall.jpg");
    await sharp(run.image(2)).resize(40, 90, { fit: "fill" }).jpeg().toFile(other);
    const out = join(run.folder.root, "found");
    const arguments_ = [run.image(3), other, run.image(1), "--out", out, "--score", "0.1"];
    const result = await run.run("detect", ...arguments_, "--json");
    assert.equal(result.code, 0, result.stderr);
    const document = JSON.parse(result.stdout);
    const found = await readDetections(join(out, "detections.json"));
    assert.deepEqual(document.detections, found);
    const { images, categories, annotations } = await readJson(out, "images.json");
    assert.deepEqual(images, [
      { id: 1, file_name: "images/3.png", width: 64, height: 64 },
      { id: 2, file_name: "tall.jpg", width: 40, height: 90 },
      { id: 3, file_name: "images/1.png", width: 64, height: 64 },
    ]);
    assert.deepEqual(categories, [{ id: 7, name: "bar" }, { id: 3, name: "square" }]);
    assert.deepEqual(annotations, []);
    const tested = await readDetections(join(run.folder.inference, "tiny", "predictions.json"));
    const expected = tested.filter(({ image_id, score }) => image_id === 3 && score >= 0.1);
    assert.ok(expected.length > 0);
    assert.deepEqual(
      found.filter(({ image_id }) => image_id === 1),
      expected.map((detection) => ({ ...detection, image_id: 1 })),
    );
    const pictures = await Array.fromAsync(Deno.readDir(join(out, "pictures")), ({ name }) => name);
    assert.deepEqual(pictures.sort(), ["images_1.png", "images_3.png", "tall.png"]);
    const { width, height } = await sharp(join(out, "pictures", "tall.png")).metadata();
    assert.deepEqual([width, height], [40, 90]);
  });
});

Deno.test("detect leaves files that do not decode out by name; a folder's other files do not count", async () => {
  await withTrained(async (run) => {
    const folder = join(run.data.folder, "mine");
    await Deno.mkdir(folder);
    await Deno.copyFile(run.image(1), join(folder, "b.png"));
    await Deno.writeTextFile(join(folder, "a.jpg"), "<html></html>");
    await Deno.writeTextFile(join(folder, "notes.txt"), "no image");
    const result = await run.run("detect", folder, "--score", "0.1");
    assert.equal(result.code, 3);
    assert.match(result.stderr, /warning: Left out: Cannot decode image \S+a\.jpg/);
    assert.doesNotMatch(result.stderr, /notes\.txt/);
    assert.match(result.stdout, /^b\.png: \d+ (bar|square)/);
    const { images } = await readJson(run.folder.root, "detect", "images.json");
    assert.deepEqual(images.map(({ file_name }: { file_name: string }) => file_name), ["b.png"]);
    const skipping = ["--set", "DATALOADER.BAD_IMAGES=skip"];
    assert.equal((await run.run("detect", folder, ...skipping)).code, 0);
    await Deno.remove(join(folder, "b.png"));
    const none = await run.run("detect", folder, ...skipping);
    assert.equal(none.code, 3);
    assert.match(none.stderr, /None of 1 files is an image that decodes: .*a\.jpg/);
  });
});

Deno.test("detect refuses what is not there, and classes that are not the model's", async () => {
  await withTinyRun(async (run) => {
    const cases: [string[], number, RegExp][] = [
      [[join(run.data.folder, "no.png")], 3, /There is no image or folder \S+no\.png/],
      [[run.folder.root], 3, /There is no image or folder/],
      [[run.data.folder], 3, /There are no images in the folder/],
      [[run.image(1)], 3, /There is no checkpoint in .*--weights/],
      [[run.image(1), "--set", "MODEL.ROI_BOX_HEAD.NUM_CLASSES=5"], 2, /NUM_CLASSES is 5 and/],
      [[], 2, /IMAGE/],
    ];
    for (const [more, code, sentence] of cases) {
      const result = await run.run("detect", ...more);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, sentence);
    }
  });
});

Deno.test("without annotation files classes are COCO's for a model of as many, else numbered", async () => {
  const missing = { no: { img_dir: "/no", ann_file: "/no/such.json" } };
  const named = async (classes: number) => {
    const config = defineExperiment({
      DATASETS: { TRAIN: missing, TEST: missing },
      MODEL: { ROI_BOX_HEAD: { NUM_CLASSES: classes } },
    });
    return (await classNames(config)).categories;
  };
  assert.deepEqual(await named(81), cocoCategories());
  assert.deepEqual(await named(3), [{ id: 1, name: "class 1" }, { id: 2, name: "class 2" }]);
  const coco = new Map(cocoCategories().map(({ id, name }) => [id, name]));
  assert.equal(coco.size, 80);
  // Either side of ids that no class has.
  const known = {
    1: "person",
    11: "fire hydrant",
    13: "stop sign",
    67: "dining table",
    90: "toothbrush",
  };
  for (const [id, name] of Object.entries(known)) assert.equal(coco.get(Number(id)), name);
});
