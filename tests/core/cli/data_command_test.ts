import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { makeContext } from "../../../core/cli/context.ts";
import { dataCommand } from "../../../core/cli/data_command.ts";
import { makeDigitsOnce } from "../../../core/cli/make_digits.ts";
import { makeDigits } from "../../../core/data/digits.ts";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";

const CONFIG_MODULE = pathToFileURL(join(PROJECT_ROOT, "core", "train", "config.ts")).href;
const COMMON = { sets: [], json: true, debug: false } as const;

/** An experiment in a folder of its own, on one 8×8 image with one box of `classes` classes. */
async function inExperiment(classes: number, test: (folder: string) => Promise<void>) {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    const pixel = { width: 8, height: 8, channels: 3 as const, background: "#808080" };
    await sharp({ create: pixel }).png().toFile(join(folder, "a.png"));
    const annotations = {
      images: [{ id: 1, file_name: "a.png", width: 8, height: 8 }],
      annotations: [{
        id: 1,
        image_id: 1,
        category_id: 1,
        bbox: [1, 1, 4, 4],
        area: 16,
        iscrowd: 0,
      }],
      categories: [{ id: 1, name: "thing" }],
    };
    await Deno.writeTextFile(join(folder, "a.json"), JSON.stringify(annotations));
    const data = { img_dir: folder, ann_file: join(folder, "a.json") };
    const differences = {
      DATASETS: { TRAIN: { mine: data }, TEST: { mine: data } },
      MODEL: { ROI_BOX_HEAD: { NUM_CLASSES: classes } },
    };
    await Deno.writeTextFile(
      join(folder, "config.ts"),
      `import { defineExperiment } from "${CONFIG_MODULE}";
       export default defineExperiment(${JSON.stringify(differences)});`,
    );
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function check(folder: string, strict = false) {
  const out: string[] = [];
  const surroundings = { cwd: folder, stdout: (text: string) => out.push(text), stderr: () => {} };
  const context = makeContext(surroundings, { json: true, commandLine: "" });
  const code = await dataCommand({ ...COMMON, action: "check", strict }, context);
  assert.equal(out.length, 1, "one JSON document");
  return { code, result: JSON.parse(out[0] ?? "") };
}

Deno.test("data check finds nothing wrong with a sound set, and reads it once", () =>
  inExperiment(2, async (folder) => {
    const { code, result } = await check(folder, true);
    assert.equal(code, 0);
    assert.equal(result.ok, true);
    assert.equal(result.datasets.length, 1);
    assert.equal(result.datasets[0].images, 1);
  }));

Deno.test("data check names classes that do not fit the model", () =>
  inExperiment(81, async (folder) => {
    const { code, result } = await check(folder);
    assert.equal(code, 3);
    assert.match(result.stops.join(), /background are 2, but .*NUM_CLASSES is 81/);
  }));

Deno.test("data check ends with 3 at a bad image, at a bad box only with --strict", () =>
  inExperiment(2, async (folder) => {
    const file = join(folder, "a.json");
    const sound = JSON.parse(await Deno.readTextFile(file));
    const empty = { ...sound.annotations[0], id: 2, bbox: [1, 1, 0, 4] };
    const boxes = { ...sound, annotations: [...sound.annotations, empty] };
    await Deno.writeTextFile(file, JSON.stringify(boxes));
    assert.equal((await check(folder)).code, 0);
    assert.equal((await check(folder, true)).code, 3);
    await Deno.writeTextFile(join(folder, "a.png"), "no image");
    const { code, result } = await check(folder);
    assert.equal(code, 3);
    assert.equal(result.datasets[0].badImages.length, 1);
  }));

Deno.test("digits that are there and whole are not made again", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "digits");
    await makeDigits(folder, { trainScenes: 2, valScenes: 1 });
    const before = (await Deno.stat(folder)).ino;
    assert.equal(await makeDigitsOnce(folder), false);
    assert.equal((await Deno.stat(folder)).ino, before);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
