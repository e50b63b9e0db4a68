import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Batch,
  BatchLoader,
  BatchPlan,
  type CocoDataset,
  loadCocoDataset,
  type LoaderOptions,
} from "../../../core/data/mod.ts";
import { DataError } from "../../../core/runtime/errors.ts";
import { pattern, withFolder, writeImage, writeTinySet } from "./_support/temp_set.ts";

const AUGMENT = { minSizes: [48], maxSize: 60, horizontalFlipProb: 0.5, verticalFlipProb: 0 };

function optionsFor(dataset: CocoDataset, changes: Partial<LoaderOptions> = {}): LoaderOptions {
  const plan = new BatchPlan(dataset.images, {
    batchSize: 2,
    seed: 3,
    shuffle: true,
    groupByAspect: true,
  });
  return {
    plan,
    seed: 3,
    augment: AUGMENT,
    sizeDivisibility: 32,
    firstIteration: 1,
    lastIteration: 8,
    workers: 2,
    ...changes,
  };
}

async function collect(loader: BatchLoader): Promise<Batch[]> {
  return await Array.fromAsync(loader);
}

async function withTinySet(
  count: number,
  body: (dataset: CocoDataset) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const spec = await writeTinySet(folder, count);
    await body(await loadCocoDataset(spec, { training: true }));
  });
}

Deno.test("BatchLoader gives pixels, geometry and targets that belong together", async () => {
  await withTinySet(7, async (dataset) => {
    const batches = await collect(new BatchLoader(dataset, optionsFor(dataset)));
    assert.deepEqual(batches.map((batch) => batch.iteration), [1, 2, 3, 4, 5, 6, 7, 8]);
    for (const { images, paddedWidth, paddedHeight } of batches) {
      for (const image of images) {
        assert.equal(image.fileName, `${image.id}.png`);
        assert.deepEqual(image.pixels, pattern(image.width, image.height));
        const scale = 60 / Math.max(image.width, image.height);
        assert.equal(image.resizedWidth, Math.trunc(image.width * scale));
        const x1 = Math.fround(2 * Math.fround(image.resizedWidth / image.width));
        const x2 = Math.fround(11 * Math.fround(image.resizedWidth / image.width));
        const flipped = [Math.fround(image.resizedWidth - x2) - 1, image.resizedWidth - x1 - 1];
        const [left, , right] = image.boxes;
        const expected = image.flipHorizontal ? flipped : [x1, x2];
        assert.deepEqual([left, right], expected.map(Math.fround));
        assert.deepEqual(Array.from(image.labels), [1]);
        assert.ok(paddedWidth >= image.resizedWidth && paddedWidth % 32 === 0);
        assert.ok(paddedHeight >= image.resizedHeight && paddedHeight % 32 === 0);
      }
      assert.equal(new Set(images.map(({ width, height }) => height >= width)).size, 1);
    }
    assert.ok(batches.some((batch) => batch.images.some((image) => image.flipHorizontal)));
    assert.ok(batches.some((batch) => batch.images.some((image) => !image.flipHorizontal)));
  });
});

Deno.test("BatchLoader from iteration 5 gives what the unbroken one gives from there", async () => {
  await withTinySet(7, async (dataset) => {
    const whole = await collect(new BatchLoader(dataset, optionsFor(dataset, { prefetch: 0 })));
    const changes = { firstIteration: 5, workers: 1, prefetch: 5, cacheBytes: 1e6 };
    const resumed = await collect(new BatchLoader(dataset, optionsFor(dataset, changes)));
    assert.deepEqual(resumed, whole.slice(4));
  });
});

Deno.test("BatchLoader gives jittered pixels without touching those in its cache", async () => {
  await withTinySet(2, async (dataset) => {
    const jitter = { brightness: 0.5, contrast: 0, saturation: 0, hue: 0 };
    const changes = { cacheBytes: 1e6, augment: { ...AUGMENT, jitter } };
    const [first, second] = await collect(new BatchLoader(dataset, optionsFor(dataset, changes)));
    const byId = (batch: Batch | undefined) => batch?.images.find((image) => image.id === 1);
    assert.notDeepEqual(byId(first)?.pixels, byId(second)?.pixels);
    assert.notDeepEqual(byId(first)?.pixels, pattern(32, 24));
    const plain = await collect(new BatchLoader(dataset, optionsFor(dataset, { cacheBytes: 1e6 })));
    assert.deepEqual(byId(plain[3])?.pixels, pattern(32, 24));
  });
});

Deno.test("BatchLoader with a cache reads each file once; without, every time", async () => {
  await withTinySet(4, async (dataset) => {
    const cached = new BatchLoader(dataset, optionsFor(dataset, { cacheBytes: 1e6, prefetch: 0 }));
    const uncached = new BatchLoader(dataset, optionsFor(dataset, { prefetch: 0 }));
    const removeAfterFirstEpoch = async (loader: BatchLoader) => {
      for await (const { iteration } of loader) {
        if (iteration !== 3) continue;
        for (let index = 0; index < 4; index++) await Deno.remove(dataset.pathOf(index));
      }
    };
    await removeAfterFirstEpoch(cached);
    for (const [index, image] of dataset.images.entries()) {
      await writeImage(dataset.pathOf(index), image);
    }
    await assert.rejects(removeAfterFirstEpoch(uncached), /no such file/);
  });
});

Deno.test("BatchLoader can be left early, and started again", async () => {
  await withTinySet(6, async (dataset) => {
    const loader = new BatchLoader(dataset, optionsFor(dataset, { prefetch: 4, workers: 1 }));
    for await (const batch of loader) {
      if (batch.iteration === 2) break;
    }
    assert.equal((await collect(loader)).length, 8);
  });
});

Deno.test("BatchLoader stops at a bad image, at the turn of its batch", async () => {
  await withTinySet(6, async (dataset) => {
    const options = optionsFor(dataset, { workers: 4 });
    const bad = options.plan.batchAt(3)[0] ?? 0;
    await Deno.writeTextFile(dataset.pathOf(bad), "<html>");
    const seen: number[] = [];
    const run = async () => {
      for await (const batch of new BatchLoader(dataset, options)) seen.push(batch.iteration);
    };
    await assert.rejects(
      run,
      (error) => error instanceof DataError && error.message.includes(dataset.pathOf(bad)),
    );
    assert.deepEqual(seen, [1, 2]);
  });
});

Deno.test("BatchLoader skips and lists bad images up to 1 % of the set", async () => {
  await withTinySet(100, async (dataset) => {
    const skip = { onBadImage: "skip" as const, lastIteration: 120 };
    const loader = new BatchLoader(dataset, optionsFor(dataset, skip));
    const path = join(dataset.spec.imgDir, "40.png");
    await Deno.remove(path);
    const batches = await collect(loader);
    assert.equal(batches.length, 120);
    assert.ok(batches.every((batch) => batch.images.every((image) => image.id !== 40)));
    assert.equal(loader.skipped.length, 1);
    assert.equal(loader.skipped[0]?.id, 40);
    assert.match(loader.skipped[0]?.reason ?? "", /40\.png: there is no such file/);

    await Deno.writeTextFile(join(dataset.spec.imgDir, "41.png"), "");
    await assert.rejects(collect(loader), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /2 of its 100 images are bad, more than 1 %[^]*image 4[01]: /);
      return true;
    });
  });
});

Deno.test("BatchLoader gives an empty batch where all its images were skipped", async () => {
  await withTinySet(100, async (dataset) => {
    const plan = new BatchPlan(dataset.images, {
      batchSize: 1,
      seed: 1,
      shuffle: false,
      groupByAspect: false,
    });
    await Deno.remove(dataset.pathOf(1));
    const changes = { plan, onBadImage: "skip" as const, lastIteration: 2 };
    const [, empty] = await collect(new BatchLoader(dataset, optionsFor(dataset, changes)));
    assert.deepEqual(empty, { iteration: 2, images: [], paddedWidth: 0, paddedHeight: 0 });
  });
});
