import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkDataset,
  decodeImage,
  digitsAreWhole,
  loadCocoDataset,
  makeDigits,
} from "../../../core/data/mod.ts";
import { drawScene } from "../../../core/data/digits_scene.ts";
import { type MnistDigits, readMnist } from "../../../core/data/mnist.ts";
import { RandomStream, STREAM } from "../../../core/data/random.ts";
import { DataError } from "../../../core/runtime/errors.ts";
import { withFolder } from "./_support/temp_set.ts";

const SMALL = { seed: 5, trainScenes: 6, valScenes: 4 };

function specOf(folder: string, split: string) {
  const annFile = join(folder, "annotations", `instances_${split}.json`);
  return { name: `digits_${split}`, imgDir: join(folder, split), annFile };
}

async function filesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const below of ["", "annotations", "train", "val"]) {
    for await (const entry of Deno.readDir(join(folder, below))) {
      const path = join(folder, below, entry.name);
      if (entry.isFile) files.set(join(below, entry.name), await Deno.readFile(path));
    }
  }
  return new Map([...files].toSorted(([a], [b]) => a < b ? -1 : 1));
}

Deno.test("readMnist() holds 60,000 and 10,000 digits of all ten kinds, kept apart", async () => {
  const [train, test] = [await readMnist("train"), await readMnist("test")];
  assert.deepEqual([train.count, test.count], [60_000, 10_000]);
  for (const { ink, labels, count } of [train, test]) {
    assert.equal(ink.length, count * 28 * 28);
    assert.deepEqual(new Set(labels), new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  }
  assert.deepEqual(Array.from(train.labels.slice(0, 5)), [5, 0, 4, 1, 9]);
  assert.deepEqual(Array.from(test.labels.slice(0, 5)), [7, 2, 1, 0, 4]);
});

Deno.test("makeDigits() writes two sound COCO sets and says how far it is", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "data", "digits");
    const progress: [number, number][] = [];
    await makeDigits(out, { ...SMALL, onProgress: (...step) => progress.push(step) });
    assert.deepEqual(progress, Array.from({ length: 10 }, (_, i) => [i + 1, 10]));
    assert.equal(await digitsAreWhole(out), true);
    for (const [split, count] of [["train", 6], ["val", 4]] as const) {
      const report = await checkDataset(specOf(out, split));
      assert.ok(report.ok, JSON.stringify([report.faults, report.badImages]));
      assert.deepEqual([report.images, report.imagesWithoutBoxes], [count, 0]);
      assert.deepEqual(report.categories.map(({ name }) => name), [..."0123456789"]);
    }
    const left = await Array.fromAsync(Deno.readDir(join(folder, "data")));
    assert.deepEqual(left.map((entry) => entry.name), ["digits"]);
  });
});

Deno.test("makeDigits() gives the same bytes for the same seed and others for another", async () => {
  await withFolder(async (folder) => {
    const paths = ["a", "b", "c"].map((name) => join(folder, name)) as [string, string, string];
    await makeDigits(paths[0], SMALL);
    await makeDigits(paths[1], SMALL);
    await makeDigits(paths[2], { ...SMALL, seed: 6 });
    assert.deepEqual(await filesOf(paths[0]), await filesOf(paths[1]));
    const picture = (path: string) => Deno.readFile(join(path, "train", "00001.jpg"));
    assert.notDeepEqual(await picture(paths[0]), await picture(paths[2]));
  });
});

Deno.test("makeDigits() stopped half way leaves nothing that passes for a whole set", async () => {
  await withFolder(async (folder) => {
    const out = join(folder, "digits");
    const onProgress = (done: number) => {
      if (done === 5) throw new Error("stopped");
    };
    await assert.rejects(makeDigits(out, { ...SMALL, onProgress }), /stopped/);
    assert.equal(await digitsAreWhole(out), false);
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
    await makeDigits(out, SMALL);
    assert.equal(await digitsAreWhole(out), true);
    await Deno.remove(join(out, "val", "00002.jpg"));
    assert.equal(await digitsAreWhole(out), false);
    await makeDigits(out, SMALL);
    assert.equal(await digitsAreWhole(out), true);
  });
});

Deno.test("makeDigits() sweeps old leftovers of killed runs, not those of runs going on", async () => {
  await withFolder(async (folder) => {
    for (
      const name of ["digits.making-1", "digits.making-2", "digits.making-x", "other.making-1"]
    ) {
      await Deno.mkdir(join(folder, name));
      if (!name.endsWith("2")) await Deno.utime(join(folder, name), 1e9, 1e9);
    }
    // What a killed run of the same process id left is taken over.
    await Deno.mkdir(join(folder, `digits.making-${Deno.pid}`, "train"), { recursive: true });
    await makeDigits(join(folder, "digits"), SMALL);
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).toSorted();
    assert.deepEqual(left, ["digits", "digits.making-2", "digits.making-x", "other.making-1"]);
  });
});

Deno.test("makeDigits() does not touch a folder that holds something else", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "mine.txt"), "precious");
    await assert.rejects(
      makeDigits(folder, SMALL),
      (error) => error instanceof DataError && error.message.includes(folder),
    );
    assert.equal(await Deno.readTextFile(join(folder, "mine.txt")), "precious");
    assert.equal(await digitsAreWhole(folder), false);
  });
});

/** Digits that are solid squares: their ink, and so their box, is known exactly. */
function solidDigits(): MnistDigits {
  const ink = new Uint8Array(28 * 28);
  for (let i = 0; i < ink.length; i++) {
    const [x, y] = [i % 28, Math.floor(i / 28)];
    if (x >= 4 && x < 24 && y >= 4 && y < 24) ink[i] = 255;
  }
  return { count: 1, ink, labels: Uint8Array.of(3) };
}

Deno.test("drawScene() puts boxes tight around ink, inside the scene, in the sizes promised", () => {
  const sides: number[] = [];
  for (let i = 0; i < 60; i++) {
    const scene = drawScene(solidDigits(), new RandomStream([1, i]));
    assert.ok(scene.width >= 128 && scene.width <= 192 && scene.height <= 192);
    for (const { bbox: [x, y, w, h], area, digit } of scene.digits) {
      assert.equal(digit, 3);
      assert.ok(x >= 0 && y >= 0 && x + w <= scene.width && y + h <= scene.height);
      assert.ok(area <= w * h && w >= 2 && h >= 2);
      sides.push(Math.max(w, h));
    }
  }
  assert.ok(sides.length >= 100);
  assert.ok(Math.max(...sides) <= 96 && Math.max(...sides) > 60);
  assert.ok(Math.min(...sides) >= 9 && Math.min(...sides) < 24, `${Math.min(...sides)}`);
});

Deno.test("a digit's box holds its ink: just outside it the scene is paper", async () => {
  // Scenes of one digit only: the difference from the border's grey is that digit.
  const digits = await readMnist("test");
  let looked = 0;
  for (let i = 0; i < 400; i++) {
    const scene = drawScene(digits, new RandomStream([2, i]));
    const [only] = scene.digits;
    if (!only || scene.digits.length > 1) continue;
    looked++;
    const [x, y, w, h] = only.bbox;
    const border = scene.pixels.slice(0, scene.width).toSorted();
    const paper = border[border.length >> 1] ?? 0;
    const differs = (px: number, py: number) =>
      Math.abs((scene.pixels[py * scene.width + px] ?? 0) - paper) > 60;
    for (let py = 0; py < scene.height; py++) {
      for (let px = 0; px < scene.width; px++) {
        const inside = px >= x - 1 && px <= x + w && py >= y - 1 && py <= y + h;
        assert.ok(
          inside || !differs(px, py),
          `scene ${i}: ink at ${px},${py} outside ${only.bbox}`,
        );
      }
    }
  }
  assert.ok(looked >= 1);
});

Deno.test("training scenes show training digits, validation scenes test digits", async () => {
  await withFolder(async (folder) => {
    await makeDigits(join(folder, "d"), SMALL);
    for (
      const [place, [split, part]] of ([["train", "train"], ["val", "test"]] as const).entries()
    ) {
      const spec = specOf(join(folder, "d"), split);
      const dataset = await loadCocoDataset(spec, { training: true, strict: true });
      const digits = await readMnist(part);
      for (const [index, image] of dataset.images.entries()) {
        const keys = [SMALL.seed, STREAM.digits, place, index];
        const scene = drawScene(digits, new RandomStream(keys));
        const held = dataset.truth.annotations.filter(({ image_id }) => image_id === image.id);
        assert.deepEqual(held.map(({ bbox }) => bbox), scene.digits.map(({ bbox }) => bbox));
        const names = held.map(({ category_id }) => dataset.classNames[category_id]);
        assert.deepEqual(names, scene.digits.map(({ digit }) => `${digit}`));
        const { pixels } = await decodeImage(dataset.pathOf(index), { expected: image });
        const apart = scene.pixels.reduce(
          (sum, value, i) => sum + Math.abs(value - (pixels[3 * i] ?? 0)),
          0,
        );
        assert.ok(apart / scene.pixels.length < 4, "the JPEG shows the scene");
      }
    }
  });
});
