import assert from "node:assert/strict";
import { join } from "node:path";
import { type DatasetSpec, loadCocoDataset } from "../../../core/data/mod.ts";
import { DataError } from "../../../core/runtime/errors.ts";
import { withFolder, writeAnnotations } from "./_support/temp_set.ts";

const IMAGES = [
  { id: 30, file_name: "c.jpg", width: 40, height: 30 },
  { id: 4, file_name: "sub/a.jpg", width: 20, height: 10 },
  { id: 17, file_name: "b.jpg", width: 20, height: 10 },
  { id: 9, file_name: "empty.jpg", width: 20, height: 10 },
];
const CATEGORIES = [{ id: 90, name: "zebra" }, { id: 0, name: "ape" }, { id: 13, name: "bee" }];

function annotation(id: number, fields: Record<string, unknown>): Record<string, unknown> {
  return { id, image_id: 4, category_id: 13, bbox: [1, 2, 5, 4], area: 20, iscrowd: 0, ...fields };
}

const SOUND = {
  images: IMAGES,
  categories: CATEGORIES,
  annotations: [
    annotation(1, { category_id: 90 }),
    annotation(2, { image_id: 17, iscrowd: 1 }),
    annotation(3, { image_id: 30, bbox: [0, 0, 1, 20] }),
    annotation(4, { category_id: 0, bbox: [15, 5, 5, 5], area: undefined, iscrowd: undefined }),
  ],
};

async function withSet(
  document: unknown,
  body: (spec: DatasetSpec) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => await body(await writeAnnotations(folder, document)));
}

/** Loading `document` for testing fails with a DataError (exit code 3) that matches `pattern`. */
async function assertDataError(document: unknown, pattern: RegExp): Promise<void> {
  await withSet(document, async (spec) => {
    await assert.rejects(loadCocoDataset(spec, { training: false }), (error) => {
      assert.ok(error instanceof DataError && error.exitCode === 3);
      assert.match(error.message, pattern);
      assert.ok(error.message.includes(spec.annFile) || error.message.includes(spec.imgDir));
      return true;
    });
  });
}

Deno.test("loadCocoDataset() for testing keeps all images, by ascending id", async () => {
  await withSet(SOUND, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: false });
    assert.deepEqual(dataset.images.map((image) => image.id), [4, 9, 17, 30]);
    assert.equal(dataset.pathOf(0), join(spec.imgDir, "sub/a.jpg"));
    assert.equal(dataset.truth.annotations.length, 4, "crowds are part of the truth");
    assert.equal(dataset.faults.total, 0);
  });
});

Deno.test("loadCocoDataset() for training keeps images that have an extended box", async () => {
  await withSet(SOUND, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: true });
    assert.deepEqual(dataset.images.map((image) => image.id), [4, 17], "17 has only a crowd");
    assert.deepEqual(Array.from(dataset.target(0).boxes), [1, 2, 5, 5, 15, 5, 19, 9]);
    assert.deepEqual(Array.from(dataset.target(0).labels), [3, 1]);
    assert.equal(dataset.target(1).boxes.length, 0, "crowds are no targets");
  });
});

Deno.test("labels follow the category ids in ascending order, and lead back", async () => {
  await withSet(SOUND, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: false });
    assert.deepEqual(dataset.classNames, ["background", "ape", "bee", "zebra"]);
    assert.equal(dataset.numClasses, 4);
    for (const [label, id] of [[1, 0], [2, 13], [3, 90]] as const) {
      assert.equal(dataset.labelOf(id), label);
      assert.equal(dataset.categoryIdOf(label), id);
    }
    assert.throws(() => dataset.labelOf(5), RangeError);
    assert.throws(() => dataset.categoryIdOf(0), RangeError);
    assert.throws(() => dataset.imageAt(4), RangeError);
  });
});

Deno.test("labels can be the category ids themselves, those that the set lacks included", async () => {
  const used = {
    ...SOUND,
    categories: SOUND.categories.map((one) => ({ ...one, id: one.id || 7 })),
  };
  const annotations = SOUND.annotations.map((one) => (
    { ...one, category_id: one.category_id || 7 }
  ));
  await withSet({ ...used, annotations }, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: false, labels: "ids", boxOffset: 0 });
    assert.equal(dataset.numClasses, 91);
    assert.deepEqual([dataset.labelOf(13), dataset.labelOf(90)], [13, 90]);
    assert.deepEqual([dataset.categoryIdOf(90), dataset.categoryIdOf(12)], [90, 12]);
    assert.deepEqual([dataset.classNames[0], dataset.classNames[90]], ["background", "zebra"]);
    assert.equal(dataset.classNames[12], "");
    const first = dataset.images.findIndex((image) => image.id === 4);
    assert.deepEqual(Array.from(dataset.target(first).labels), [90, 7]);
    assert.deepEqual(Array.from(dataset.target(first).boxes.slice(0, 4)), [1, 2, 6, 6]);
  });
});

Deno.test("a category id of 0 cannot be a label", async () => {
  await withSet(SOUND, async (spec) => {
    await assert.rejects(
      loadCocoDataset(spec, { training: false, labels: "ids" }),
      /category ape has id 0 in .*ids must be from 1/,
    );
  });
});

Deno.test("a set of one class and a set of 1000 classes map their ids", async () => {
  for (const count of [1, 1000]) {
    const categories = Array.from({ length: count }, (_, i) => ({ id: i * 3, name: `c${i}` }));
    const annotations = [annotation(1, { category_id: (count - 1) * 3 })];
    await withSet({ images: IMAGES, categories, annotations }, async (spec) => {
      const dataset = await loadCocoDataset(spec, { training: true });
      assert.equal(dataset.numClasses, count + 1);
      assert.deepEqual(Array.from(dataset.target(0).labels), [count]);
    });
  }
});

Deno.test("missing area and iscrowd count as the box's area and 0", async () => {
  await withSet(SOUND, async (spec) => {
    const { truth } = await loadCocoDataset(spec, { training: false });
    const last = truth.annotations[3];
    assert.deepEqual([last?.area, last?.iscrowd], [25, 0]);
  });
});

const FAULTY = {
  images: [
    ...IMAGES,
    { id: 4, file_name: "again.jpg", width: 5, height: 5 },
    { id: 50, file_name: "flat.jpg", width: 5, height: 0 },
    { id: "x", file_name: "x.jpg", width: 5, height: 5 },
  ],
  categories: [...CATEGORIES, { id: 13, name: "twin" }, { id: 14 }],
  annotations: [
    annotation(1, {}),
    ...[11, 12, 13, 14, 15, 16].map((id) => annotation(id, { bbox: [1, 1, 0, 4] })),
    annotation(21, { bbox: [1, 1, -3, 4] }),
    annotation(22, { bbox: [1, null, 3, 4] }),
    annotation(23, { bbox: [20, 1, 3, 4] }),
    annotation(24, { bbox: [15, 1, 8, 4] }),
    annotation(25, { bbox: [15, 1, 5.5, 4] }),
    annotation(26, { image_id: 99 }),
    annotation(27, { category_id: 99 }),
    annotation(28, { bbox: [1, 2, 3] }),
    annotation(1, { bbox: [0, 0, 9, 9] }),
    "nonsense",
  ],
};

Deno.test("bad entries are counted by kind with their first five ids, and left out", async () => {
  await withSet(FAULTY, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: false });
    assert.deepEqual(dataset.faults.summary(), [
      { kind: "image_malformed", count: 2, firstIds: [50, "#6"] },
      { kind: "image_duplicate_id", count: 1, firstIds: [4] },
      { kind: "category_malformed", count: 1, firstIds: [14] },
      { kind: "category_duplicate_id", count: 1, firstIds: [13] },
      { kind: "annotation_malformed", count: 2, firstIds: [28, "#16"] },
      { kind: "annotation_duplicate_id", count: 1, firstIds: [1] },
      { kind: "unknown_image", count: 1, firstIds: [26] },
      { kind: "unknown_category", count: 1, firstIds: [27] },
      { kind: "box_not_finite", count: 1, firstIds: [22] },
      { kind: "box_negative_size", count: 1, firstIds: [21] },
      { kind: "box_empty", count: 6, firstIds: [11, 12, 13, 14, 15] },
      { kind: "box_outside", count: 1, firstIds: [23] },
      { kind: "box_beyond_edge", count: 1, firstIds: [24] },
    ]);
    assert.match(dataset.faults.format(), /^6 boxes of width or height 0 .*: id 11, .*15, …$/m);
    assert.deepEqual(dataset.images.map((image) => image.file_name)[0], "sub/a.jpg");
    assert.deepEqual(Array.from(dataset.target(0).boxes), [1, 2, 5, 5, 15, 1, 19, 4, 15, 1, 19, 4]);
    const kept = dataset.truth.annotations.map(({ id }) => id);
    assert.deepEqual(kept, [1, 11, 12, 13, 14, 15, 16, 23, 24, 25]);
  });
});

Deno.test("strict loading takes bad entries for an error that sums them up", async () => {
  await withSet(FAULTY, async (spec) => {
    await assert.rejects(loadCocoDataset(spec, { training: true, strict: true }), (error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /20 bad entries[^]*boxes of negative width/);
      return true;
    });
  });
  await withSet(SOUND, async (spec) => {
    const dataset = await loadCocoDataset(spec, { training: true, strict: true });
    assert.equal(dataset.images.length, 2);
  });
});

Deno.test("what is not JSON is an error with the byte offset", async () => {
  await assertDataError('{"images": [', /not whole JSON: the file ends.*at byte 12 of 12/);
  await assertDataError("<html></html>", /at byte 0 of 13/);
  await assertDataError("", /at byte 0 of 0/);
});

Deno.test("JSON that is not COCO is an error that names the missing key", async () => {
  await assertDataError([], /"images" is missing/);
  await assertDataError({ images: [], categories: [] }, /"annotations" is missing/);
  await assertDataError({ images: [], annotations: [] }, /"categories" is missing/);
  await assertDataError({ images: {}, annotations: [], categories: [] }, /"images" is not a list/);
});

Deno.test("a set without usable images or categories is an error", async () => {
  const { categories, images } = SOUND;
  await assertDataError({ images: [], annotations: [], categories }, /names no usable image/);
  await assertDataError({ images, annotations: [], categories: [] }, /names no category/);
  await withSet({ images, annotations: [], categories }, async (spec) => {
    await assert.rejects(
      loadCocoDataset(spec, { training: true }),
      /has no image with a box of width and height above 1 pixel/,
    );
  });
});

Deno.test("a missing folder or annotation file is an error that names it", async () => {
  await withSet(SOUND, async (spec) => {
    const noFolder = { ...spec, imgDir: join(spec.imgDir, "nowhere") };
    await assert.rejects(
      loadCocoDataset(noFolder, { training: true }),
      (error) =>
        error instanceof DataError && /image folder .*nowhere does not/.test(error.message),
    );
    const fileAsFolder = { ...spec, imgDir: spec.annFile };
    await assert.rejects(loadCocoDataset(fileAsFolder, { training: true }), /is not a folder/);
    const noFile = { ...spec, annFile: join(spec.imgDir, "no.json") };
    await assert.rejects(
      loadCocoDataset(noFile, { training: true }),
      (error) => error instanceof DataError && /no\.json: there is no such/.test(error.message),
    );
  });
});
