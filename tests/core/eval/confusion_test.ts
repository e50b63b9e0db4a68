import assert from "node:assert/strict";
import {
  type BoxXywh,
  confusion,
  type Detection,
  type GroundTruth,
} from "../../../core/eval/mod.ts";

const TRUTH: GroundTruth = {
  images: [{ id: 1 }, { id: 2 }],
  categories: [{ id: 7, name: "b" }, { id: 3, name: "a" }],
  annotations: [
    { id: 1, image_id: 1, category_id: 3, bbox: [0, 0, 10, 10] },
    { id: 2, image_id: 1, category_id: 7, bbox: [20, 0, 10, 10] },
    { id: 3, image_id: 2, category_id: 7, bbox: [0, 0, 10, 10] },
    { id: 4, image_id: 2, category_id: 7, bbox: [50, 50, 40, 40], iscrowd: 1 },
  ],
};

function detection(
  image_id: number,
  category_id: number,
  { bbox, score = 0.5 }: { bbox: BoxXywh; score?: number },
): Detection {
  return { image_id, category_id, bbox, score };
}

Deno.test("confusion() counts right, wrong, missed and made up", () => {
  const { categories, counts } = confusion(TRUTH, [
    detection(1, 3, { bbox: [0, 0, 10, 10] }),
    detection(1, 3, { bbox: [20, 0, 10, 9] }), // an object of 7
    detection(1, 7, { bbox: [100, 0, 10, 10] }), // nothing there
    detection(2, 7, { bbox: [0, 0, 10, 4] }), // IoU 0.4: missed and made up
    detection(2, 7, { bbox: [55, 55, 10, 10] }), // in the crowd
    detection(2, 3, { bbox: [0, 0, 10, 10], score: 0.1 }), // below the score
    detection(9, 3, { bbox: [0, 0, 10, 10] }), // no such image
  ], { score: 0.3 });
  assert.deepEqual(categories, [3, 7]);
  assert.deepEqual(counts, [[1, 0, 0], [1, 0, 1], [0, 2, 0]]);
});

Deno.test("confusion() gives an object to the surest detection alone", () => {
  const { counts } = confusion(TRUTH, [
    detection(1, 3, { bbox: [0, 0, 10, 10], score: 0.4 }),
    detection(1, 7, { bbox: [0, 0, 10, 9], score: 0.6 }),
  ], { score: 0.3 });
  assert.deepEqual(counts, [[0, 1, 0], [0, 0, 2], [1, 0, 0]]);
});

Deno.test("confusion() of nothing is all zeros", () => {
  const empty = { images: [], categories: [{ id: 1, name: "a" }], annotations: [] };
  assert.deepEqual(confusion(empty, [], { score: 0.3 }).counts, [[0, 0], [0, 0]]);
});
