/** Real data sets, where the folder beside the checkout has them. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeImage, loadCocoDataset } from "../../../core/data/mod.ts";

const SHARED = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));
const BCCD = `${SHARED}bccd`;
const COCO = `${SHARED}coco_144`;

Deno.test({
  name: "bccd has the images, boxes and classes that its README states (needs ../shared/data/bccd)",
  ignore: !existsSync(BCCD),
  fn: async () => {
    const expected = {
      train: { images: 205, boxes: [2381, 214, 209] },
      val: { images: 87, boxes: [967, 87, 83] },
    };
    for (const split of ["train", "val"] as const) {
      const annFile = `${BCCD}/annotations/instances_${split}.json`;
      const spec = { name: `bccd_${split}`, imgDir: `${BCCD}/${split}`, annFile };
      const dataset = await loadCocoDataset(spec, { training: true, strict: true });
      assert.equal(dataset.images.length, expected[split].images);
      assert.deepEqual(dataset.classNames, ["background", "RBC", "WBC", "Platelets"]);
      const counts = [0, 0, 0];
      for (const index of dataset.images.keys()) {
        for (const label of dataset.target(index).labels) counts[label - 1]! += 1;
      }
      assert.deepEqual(counts, expected[split].boxes);
      const first = dataset.imageAt(0);
      const image = await decodeImage(dataset.pathOf(0), { expected: first });
      assert.equal(image.pixels.length, 640 * 480 * 3);
    }
  },
});

Deno.test({
  name: "coco_144 has the counts that its README states (needs ../shared/data/coco_144)",
  ignore: !existsSync(COCO),
  fn: async () => {
    const expected = {
      train2017: { images: 70, learnable: 70, annotations: 687, crowds: 6, present: 66 },
      val2017: { images: 74, learnable: 72, annotations: 629, crowds: 8, present: 66 },
    };
    for (const split of ["train2017", "val2017"] as const) {
      const annFile = `${COCO}/annotations/instances_${split}.json`;
      const spec = { name: split, imgDir: `${COCO}/${split}`, annFile };
      const dataset = await loadCocoDataset(spec, { training: false, strict: true });
      const { annotations } = dataset.truth;
      assert.deepEqual({
        images: dataset.images.length,
        learnable: (await loadCocoDataset(spec, { training: true })).images.length,
        annotations: annotations.length,
        crowds: annotations.filter(({ iscrowd }) => iscrowd).length,
        present: new Set(
          annotations.filter(({ iscrowd }) => !iscrowd).map((a) => a.category_id),
        ).size,
      }, expected[split]);
      assert.equal(dataset.numClasses, 81);
      assert.equal(dataset.categoryIdOf(80), 90);
      for (const index of dataset.images.keys()) {
        await decodeImage(dataset.pathOf(index), { expected: dataset.imageAt(index) });
      }
    }
  },
});
