import assert from "node:assert/strict";
import { drawAugmentation, placeImage } from "../../../core/data/augment.ts";

const OPTIONS = {
  minSizes: [400, 600, 800],
  maxSize: 1333,
  horizontalFlipProb: 0.5,
  verticalFlipProb: 0.25,
};

Deno.test("drawAugmentation() repeats for the same key and varies with each part of it", () => {
  const jitter = { brightness: 0.5, contrast: 0, saturation: 0, hue: 0 };
  const draw = (seed: number, iteration: number, position: number) =>
    drawAugmentation({ ...OPTIONS, jitter }, { seed, iteration, position });
  assert.deepEqual(draw(1, 2, 3), draw(1, 2, 3));
  const amounts = [draw(1, 2, 3), draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4)]
    .map((augmentation) => augmentation.jitter[0]?.amount);
  assert.equal(new Set(amounts).size, 4);
});

Deno.test("drawAugmentation() flips and chooses sizes as often as it is asked to", () => {
  const counts = { flipHorizontal: 0, flipVertical: 0, 400: 0, 600: 0, 800: 0 };
  const total = 6000;
  for (let i = 0; i < total; i++) {
    const drawn = drawAugmentation(OPTIONS, { seed: 5, iteration: 1 + (i >> 1), position: i & 1 });
    if (drawn.flipHorizontal) counts.flipHorizontal++;
    if (drawn.flipVertical) counts.flipVertical++;
    counts[drawn.minSize as 400]++;
  }
  const expected = { flipHorizontal: 0.5, flipVertical: 0.25, 400: 1 / 3, 600: 1 / 3, 800: 1 / 3 };
  for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
    assert.ok(Math.abs(counts[key] / total - expected[key]) < 0.025, `${key}: ${counts[key]}`);
  }
});

Deno.test("drawAugmentation() with one size and no flips changes nothing", () => {
  const fixed = { minSizes: [800], maxSize: 1333, horizontalFlipProb: 0, verticalFlipProb: 0 };
  for (let position = 0; position < 50; position++) {
    const drawn = drawAugmentation(fixed, { seed: 1, iteration: 1, position });
    assert.deepEqual(drawn, {
      minSize: 800,
      flipHorizontal: false,
      flipVertical: false,
      jitter: [],
    });
  }
  assert.throws(
    () => drawAugmentation({ ...fixed, minSizes: [] }, { seed: 1, iteration: 1, position: 0 }),
    RangeError,
  );
});

Deno.test("placeImage() follows the rule of sizes and the boxes' ends", () => {
  const target = { boxes: Float32Array.of(10, 5, 30, 20), labels: Int32Array.of(2) };
  const placed = placeImage({ width: 640, height: 427, target }, {
    augmentation: { minSize: 800, flipHorizontal: true, flipVertical: false, jitter: [] },
    ...{ maxSize: 1333, resize: "torch", boxOffset: 0 },
  });
  assert.deepEqual([placed.resizedWidth, placed.resizedHeight], [1199, 799]);
  const [left = 0, , right = 0] = placed.boxes;
  assert.ok(Math.abs(left - (1199 - 30 * 1199 / 640)) < 1e-3, `${left}`);
  assert.ok(Math.abs(right - (1199 - 10 * 1199 / 640)) < 1e-3, `${right}`);
});

Deno.test("placeImage() scales boxes, then flips them in the resized image", () => {
  const target = { boxes: Float32Array.of(10, 5, 30, 20), labels: Int32Array.of(2) };
  const placed = placeImage({ width: 100, height: 50, target }, {
    augmentation: { minSize: 100, flipHorizontal: true, flipVertical: true, jitter: [] },
    maxSize: 1000,
  });
  assert.deepEqual([placed.resizedWidth, placed.resizedHeight], [200, 100]);
  assert.deepEqual(Array.from(placed.boxes), [139, 59, 179, 89]);
  assert.deepEqual(placed.labels, target.labels);
});
