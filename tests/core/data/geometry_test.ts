import assert from "node:assert/strict";
import {
  boxFromCoco,
  flipBoxesHorizontally,
  flipBoxesVertically,
  paddedSize,
  resizedSize,
  roundHalfEven,
  scaleBoxes,
} from "../../../core/data/geometry.ts";

Deno.test("roundHalfEven() takes ties to the even neighbour", () => {
  assert.deepEqual([0.5, 1.5, 2.5, 2.49, 2.51, 3].map(roundHalfEven), [0, 2, 2, 2, 3, 3]);
});

Deno.test("resizedSize() gives the sizes that the original's Resize gives", () => {
  // Worked out with the original's get_size in Python.
  const cases: [number, number, number, number, number, number][] = ORIGINAL_SIZES;
  for (const [width, height, minSize, maxSize, outWidth, outHeight] of cases) {
    const size = resizedSize({ width, height }, { minSize, maxSize });
    assert.deepEqual(size, { width: outWidth, height: outHeight }, `${width}×${height}`);
  }
});
const ORIGINAL_SIZES: [number, number, number, number, number, number][] = [
  [640, 427, 800, 1333, 1199, 800],
  [427, 640, 800, 1333, 800, 1199],
  [640, 480, 800, 1333, 1066, 800],
  [500, 500, 800, 1333, 800, 800],
  [640, 480, 480, 640, 640, 480],
  [640, 100, 800, 1333, 1331, 208],
  [101, 640, 800, 1333, 210, 1330],
  [333, 500, 800, 1333, 800, 1201],
  [612, 612, 600, 1000, 600, 600],
  [640, 360, 400, 1400, 711, 400],
  [1024, 683, 1200, 1400, 1400, 934],
  [8, 3, 3, 4, 5, 2],
  [12000, 9000, 800, 1333, 1066, 800],
  [640, 16, 100, 100, 80, 2],
  [1333, 2, 800, 1333, 1333, 2],
  [24, 5, 800, 12, 9, 2],
  [128, 128, 128, 192, 128, 128],
  [160, 128, 128, 192, 160, 128],
];

Deno.test("resizedSize() gives torchvision's sizes, a factor in float32 included", () => {
  // Of GeneralizedRCNNTransform(800, 1333) of torchvision 0.14: width and height, before and after.
  const cases = [
    ...[[640, 480, 1066, 800], [640, 427, 1199, 799], [425, 640, 799, 1204]],
    ...[[333, 500, 799, 1201], [500, 375, 1066, 799], [1000, 100, 1333, 133]],
    ...[[1333, 800, 1333, 800], [1000, 600, 1333, 799], [5, 3, 1333, 799]],
  ] as const;
  for (const [width, height, toWidth, toHeight] of cases) {
    const size = resizedSize({ width, height }, { minSize: 800, maxSize: 1333, rule: "torch" });
    assert.deepEqual(size, { width: toWidth, height: toHeight }, `${width}×${height}`);
  }
});

Deno.test("resizedSize() rounds as mmcv's rescale_size", () => {
  const limits = { minSize: 800, maxSize: 1333, rule: "opencv" } as const;
  assert.deepEqual(resizedSize({ width: 640, height: 480 }, limits), { width: 1067, height: 800 });
  assert.deepEqual(resizedSize({ width: 427, height: 640 }, limits), { width: 800, height: 1199 });
  assert.deepEqual(resizedSize({ width: 1000, height: 333 }, limits), { width: 1333, height: 444 });
  assert.deepEqual(resizedSize({ width: 9000, height: 2 }, limits), { width: 1333, height: 1 });
});

Deno.test("resizedSize() leaves a pixel of an image that would vanish", () => {
  const limits = { minSize: 800, maxSize: 1333 };
  assert.deepEqual(resizedSize({ width: 1, height: 5000 }, limits), { width: 1, height: 1333 });
  assert.deepEqual(resizedSize({ width: 5000, height: 1 }, limits), { width: 1333, height: 1 });
  assert.deepEqual(resizedSize({ width: 1, height: 1 }, limits), { width: 800, height: 800 });
});

Deno.test("paddedSize() is the least multiple that holds every image", () => {
  const sizes = [{ width: 33, height: 20 }, { width: 10, height: 64 }];
  assert.deepEqual(paddedSize(sizes, 32), { width: 64, height: 64 });
  assert.deepEqual(paddedSize([], 32), { width: 0, height: 0 });
});

Deno.test("boxFromCoco() without the offset ends where the box ends", () => {
  const image = { width: 20, height: 10 };
  const ends = { offset: 0 };
  assert.deepEqual(boxFromCoco([2, 3, 5, 4], image, ends), [2, 3, 7, 7]);
  assert.deepEqual(boxFromCoco([-2, -3, 50, 40], image, ends), [0, 0, 20, 10]);
  assert.deepEqual(boxFromCoco([2, 3, 0.5, 1], image, ends), [2, 3, 2.5, 4]);
  assert.equal(boxFromCoco([20, 3, 5, 4], image, ends), null);
});

Deno.test("boxes without the offset mirror to x → W − x", () => {
  const boxes = Float32Array.of(1, 2, 4, 6);
  assert.deepEqual([...flipBoxesHorizontally(boxes, 10, { offset: 0 })], [6, 2, 9, 6]);
  assert.deepEqual([...flipBoxesVertically(boxes, 8, { offset: 0 })], [1, 2, 4, 6]);
});

Deno.test("boxFromCoco() is inclusive, clips, and drops what is left without extent", () => {
  const image = { width: 20, height: 10 };
  assert.deepEqual(boxFromCoco([2, 3, 5, 4], image), [2, 3, 6, 6]);
  assert.deepEqual(boxFromCoco([-2, -3, 50, 40], image), [0, 0, 19, 9]);
  assert.deepEqual(boxFromCoco([2.5, 3, 5.25, 4], image), [2.5, 3, 6.75, 6]);
  assert.equal(boxFromCoco([2, 3, 1, 4], image), null, "one pixel wide: x2 = x1");
  assert.equal(boxFromCoco([2, 3, 5, 0.5], image), null, "h − 1 below 0 counts as 0");
  assert.equal(boxFromCoco([20, 3, 5, 4], image), null, "right of the image");
  assert.equal(boxFromCoco([-9, 3, 5, 4], image), null, "left of the image");
});

Deno.test("scaleBoxes() scales each axis by its own f32 ratio", () => {
  const boxes = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40);
  const scaled = scaleBoxes(boxes, {
    from: { width: 640, height: 427 },
    to: { width: 1199, height: 800 },
  });
  const [rx, ry] = [Math.fround(1199 / 640), Math.fround(800 / 427)];
  const expected = Array.from(boxes, (value, i) => Math.fround(value * (i % 2 === 0 ? rx : ry)));
  assert.deepEqual(Array.from(scaled), expected);
  assert.deepEqual(Array.from(boxes), [1, 2, 3, 4, 10, 20, 30, 40], "the input stays as it is");
});

Deno.test("flips mirror boxes within inclusive pixels, and undo themselves", () => {
  const boxes = Float32Array.of(0, 1, 4, 6, 7, 2, 9, 5);
  const across = flipBoxesHorizontally(boxes, 10);
  assert.deepEqual(Array.from(across), [5, 1, 9, 6, 0, 2, 2, 5]);
  assert.deepEqual(flipBoxesHorizontally(across, 10), boxes);
  const down = flipBoxesVertically(boxes, 8);
  assert.deepEqual(Array.from(down), [0, 1, 4, 6, 7, 2, 9, 5]);
  assert.deepEqual(flipBoxesVertically(down, 8), boxes);
  assert.equal(flipBoxesVertically(new Float32Array(0), 8).length, 0);
});
