import assert from "node:assert/strict";
import { join } from "node:path";
import { checkDataset, formatCheckReport } from "../../../core/data/mod.ts";
import { withFolder, writeTinySet } from "./_support/temp_set.ts";

Deno.test("checkDataset() finds nothing wrong with a sound set, and counts it", async () => {
  await withFolder(async (folder) => {
    const spec = await writeTinySet(folder, 5);
    const progress: number[] = [];
    const report = await checkDataset(spec, { onProgress: (done) => progress.push(done) });
    assert.equal(report.ok, true);
    assert.deepEqual([report.images, report.annotations, report.imagesWithoutBoxes], [5, 5, 0]);
    assert.deepEqual(report.categories, [{ id: 7, name: "thing", boxes: 5, crowds: 0 }]);
    assert.deepEqual(progress, [1, 2, 3, 4, 5]);
    assert.match(formatCheckReport(report), /5 images .*\n[^]*thing: 5 boxes\nNothing is wrong\.$/);
  });
});

Deno.test("checkDataset() names every bad image, box and category", async () => {
  await withFolder(async (folder) => {
    const spec = await writeTinySet(folder, 9);
    const document = JSON.parse(await Deno.readTextFile(spec.annFile));
    for (const id of [2, 3, 4, 5, 6, 7, 8]) document.annotations[id - 1].bbox[2] = 0;
    document.annotations[0].category_id = 8;
    document.annotations[8].iscrowd = 1;
    document.categories.push({ id: 7, name: "twin" });
    document.images[4].width = 33;
    await Deno.writeTextFile(spec.annFile, JSON.stringify(document));
    await Deno.remove(join(spec.imgDir, "1.png"));
    await Deno.writeTextFile(join(spec.imgDir, "2.png"), "<html>");

    const report = await checkDataset(spec);
    assert.equal(report.ok, false);
    assert.deepEqual(report.badImages.map(({ id }) => id), [1, 2, 5]);
    assert.equal(report.imagesWithoutBoxes, 9);
    assert.deepEqual(report.categories, [{ id: 7, name: "thing", boxes: 0, crowds: 1 }]);
    const text = formatCheckReport(report);
    assert.match(text, /3 bad images:\n {2}image 1: .*no such file.*\n {2}image 2: .*unsupported/);
    assert.match(text, /image 5: .*32×24 pixels, the annotations say 33×24/);
    assert.match(text, /7 boxes of width or height 0[^]*id 2: [^]*id 8: bbox \[2, 3, 0, 12\]/);
    assert.match(text, /id 1: its category_id is 8/);
    assert.match(text, /1 categories whose id appeared before[^]*id 7: /);
    assert.match(text, /3 bad images and 9 bad entries\.$/);
  });
});
