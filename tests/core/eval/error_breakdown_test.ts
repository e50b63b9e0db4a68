import assert from "node:assert/strict";
import {
  type BoxXywh,
  breakDownErrors,
  type Detection,
  evaluateBoxes,
  type GroundTruth,
} from "../../../core/eval/mod.ts";

const BOX: BoxXywh = [0, 0, 100, 100];

/** One image, classes 1 and 2, an object at BOX of class 1 and one far off of class 2. */
const TRUTH: GroundTruth = {
  images: [{ id: 1 }],
  categories: [{ id: 1, name: "a" }, { id: 2, name: "b" }],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, bbox: BOX },
    { id: 2, image_id: 1, category_id: 2, bbox: [500, 0, 100, 100] },
  ],
};

function detection(category_id: number, bbox: BoxXywh, score = 0.5): Detection {
  return { image_id: 1, category_id, bbox, score };
}

/** The second object, found: leaves the first to each case. */
const SECOND = detection(2, [500, 0, 100, 100], 0.9);

function countsOf(detections: readonly Detection[]): Record<string, number> {
  const { errors } = breakDownErrors(TRUTH, [SECOND, ...detections]);
  return Object.fromEntries(
    Object.entries(errors).flatMap(([kind, { count }]) => count > 0 ? [[kind, count]] : []),
  );
}

/** A box over BOX's left part: IoU with BOX is `share`. */
function part(share: number): BoxXywh {
  return [0, 0, 100 * share, 100];
}

Deno.test("breakDownErrors() tells the kinds of error apart", () => {
  assert.deepEqual(countsOf([detection(1, BOX)]), {});
  assert.deepEqual(countsOf([detection(1, part(0.4))]), { localisation: 1 });
  assert.deepEqual(countsOf([detection(2, part(0.6))]), { classification: 1 });
  assert.deepEqual(countsOf([detection(2, part(0.4))]), { both: 1, missed: 1 });
  assert.deepEqual(countsOf([detection(1, part(0.09))]), { background: 1, missed: 1 });
  assert.deepEqual(countsOf([detection(1, BOX), detection(1, part(0.8), 0.4)]), { duplicate: 1 });
  assert.deepEqual(countsOf([]), { missed: 1 });
});

Deno.test("breakDownErrors() puts the bounds where the definitions do", () => {
  assert.deepEqual(countsOf([detection(1, part(0.5))]), {});
  assert.deepEqual(countsOf([detection(2, part(0.5))]), { classification: 1 });
  assert.deepEqual(countsOf([detection(1, part(0.1))]), { localisation: 1 });
});

Deno.test("breakDownErrors() gains what each mend is worth", () => {
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, expected ${expected}`);
  // Class 1: nothing found, AP 0 of which the localised box makes 1; class 2 has AP 1.
  const localised = breakDownErrors(TRUTH, [SECOND, detection(1, part(0.4))]);
  near(localised.AP50, 0.5);
  near(localised.errors.localisation.gain, 0.5);
  // A wrong box of class 2 above the right one: precision 1/2 at every recall until it is gone.
  const wrong = breakDownErrors(TRUTH, [SECOND, detection(2, [900, 900, 9, 9], 0.95)]);
  near(wrong.AP50, 0.25);
  near(wrong.errors.background.gain, 0.25);
  // Class 1 has nothing left to find and leaves the mean: 0.25 → 0.5.
  near(wrong.errors.missed.gain, 0.25);
  // The wrong class moves to class 1 and leaves class 2, where it stood above nothing.
  const taken = breakDownErrors(TRUTH, [SECOND, detection(2, part(0.6))]);
  near(taken.errors.classification.gain, 0.5);
});

Deno.test("breakDownErrors() mends one detection of an object only, the surest", () => {
  const detections = [SECOND, detection(1, part(0.4), 0.3), detection(1, part(0.3), 0.8)];
  const { errors } = breakDownErrors(TRUTH, detections);
  assert.equal(errors.localisation.count, 2);
  assert.ok(Math.abs(errors.localisation.gain - 0.5) < 1e-9, "AP 1 after the mend");
});

Deno.test("breakDownErrors() leaves out what lies in a crowd, and knows empty sets", () => {
  const crowd: GroundTruth = {
    ...TRUTH,
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: BOX, iscrowd: 1 }],
  };
  const { AP50, errors } = breakDownErrors(crowd, [detection(1, part(0.3))]);
  assert.equal(AP50, -1);
  assert.ok(Object.values(errors).every(({ count, gain }) => count === 0 && gain === 0));
  assert.equal(breakDownErrors({ images: [], categories: [], annotations: [] }, []).AP50, -1);
});

Deno.test("breakDownErrors() has the evaluation's own AP50", () => {
  const { truth, detections } = randomScene();
  const { AP50, errors } = breakDownErrors(truth, detections);
  assert.ok(Math.abs(AP50 - evaluateBoxes(truth, detections).AP50) < 1e-12);
  assert.ok(AP50 > 0.05 && AP50 < 0.9, `${AP50} is no trivial case`);
  for (const [kind, { count, gain }] of Object.entries(errors)) {
    assert.ok(count > 0 && gain > -1e-9 && gain < 1, `${kind}: ${count}, ${gain}`);
  }
});

/** 30 images of 4 objects of 3 classes, with detections shaken, mislabelled and made up. */
function randomScene(): { truth: GroundTruth; detections: Detection[] } {
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const annotations = Array.from({ length: 120 }, (_, i) => ({
    id: i + 1,
    image_id: 1 + i % 30,
    category_id: 1 + Math.floor(3 * random()),
    bbox: [150 * random(), 150 * random(), 20 + 50 * random(), 20 + 50 * random()] as const,
    iscrowd: i % 17 === 0 ? 1 : 0,
  }));
  const detections = annotations.flatMap(({ image_id, category_id, bbox: [x, y, w, h] }) =>
    [0.1, 0.1, 0.4, 2].map((shake) => ({
      image_id,
      category_id: random() < 0.75 ? category_id : 1 + category_id % 3,
      bbox: [
        x + w * shake * (random() - 0.5),
        y + h * shake * (random() - 0.5),
        w * (1 + shake * (random() - 0.5) / 2),
        h,
      ] as const,
      score: random(),
    }))
  ).filter(() => random() < 0.7);
  const images = Array.from({ length: 30 }, (_, i) => ({ id: i + 1 }));
  const categories = [1, 2, 3].map((id) => ({ id, name: String(id) }));
  return { truth: { images, categories, annotations }, detections };
}
