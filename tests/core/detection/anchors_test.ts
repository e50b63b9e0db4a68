import assert from "node:assert/strict";
import { cellAnchors, cellStrides, roundHalfEven } from "../../../core/detection/anchors.ts";

Deno.test("roundHalfEven() takes halves to the even neighbour", () => {
  const pairs = [[0.5, 0], [1.5, 2], [2.5, 2], [22.5, 22], [23.5, 24], [2.4999, 2], [2.5001, 3]];
  for (const [value, expected] of pairs) assert.equal(roundHalfEven(value!), expected);
  assert.equal(roundHalfEven(-1.5), -2);
  assert.equal(roundHalfEven(7), 7);
});

Deno.test("cellAnchors() rounds the ratio's height half to even before scaling", () => {
  // Stride 32, ratio 0.5: √2048 = 45.25 → 45 wide, 22.5 → 22 high, × 8; centre 15.5.
  assert.deepEqual([...cellAnchors(32, [256], { ratios: [0.5] })], [
    15.5 - (45 * 8 - 1) / 2,
    15.5 - (22 * 8 - 1) / 2,
    15.5 + (45 * 8 - 1) / 2,
    15.5 + (22 * 8 - 1) / 2,
  ]);
});

Deno.test("cellAnchors() equals the table in the original's source for stride 16", () => {
  const expected = [
    [-83, -39, 100, 56],
    [-175, -87, 192, 104],
    [-359, -183, 376, 200],
    [-55, -55, 72, 72],
    [-119, -119, 136, 136],
    [-247, -247, 264, 264],
    [-35, -79, 52, 96],
    [-79, -167, 96, 184],
    [-167, -343, 184, 360],
  ];
  // The table counts pixels from 1; the code, as ours, from 0.
  assert.deepEqual(
    [...cellAnchors(16, [128, 256, 512], { ratios: [0.5, 1, 2] })],
    expected.flat().map((value) => value - 1),
  );
});

Deno.test("cellAnchors() keeps sizes that are no multiple of the stride", () => {
  // Ratio 2 at stride 4: √8 = 2.83 → 3 wide, 6 high, × 10 / 4.
  assert.deepEqual([...cellAnchors(4, [10], { ratios: [2] })], [
    1.5 - 3.25,
    1.5 - 7,
    1.5 + 3.25,
    1.5 + 7,
  ]);
});

Deno.test("cellAnchors() in torchvision's layout are rounded corners around the cell's corner", () => {
  const options = { ratios: [0.5, 1, 2], layout: "torchvision" } as const;
  assert.deepEqual([...cellAnchors(4, [32], options)], [
    ...[-23, -11, 23, 11],
    ...[-16, -16, 16, 16],
    ...[-11, -23, 11, 23],
  ]);
  // 1 / √2 · 45 / 2 = 15.9; a size of 45 has half sides of 22.5, which round to even.
  assert.deepEqual([...cellAnchors(4, [45], { ...options, ratios: [1] })], [-22, -22, 22, 22]);
});

Deno.test("cellAnchors() in MMDetection's layout are not rounded", () => {
  const anchors = cellAnchors(16, [128], { ratios: [0.5], layout: "mmdetection" });
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = anchors;
  assert.ok(Math.abs(x2 - 64 * Math.SQRT2) < 1e-4 && Math.abs(y2 - 64 * Math.SQRT1_2) < 1e-4);
  assert.deepEqual([x1, y1], [-x2, -y2]);
});

Deno.test("cellStrides() divide the padded size by the cells in torchvision's layout alone", () => {
  const given = { cells: { width: 17, height: 13 }, padded: { width: 1088, height: 800 } };
  const stridesOf = (layout: "detectron" | "torchvision" | "mmdetection") =>
    cellStrides(64, { ...given, layout });
  assert.deepEqual(stridesOf("torchvision"), { stride: 64, strideY: 61 });
  assert.deepEqual(stridesOf("detectron"), { stride: 64, strideY: 64 });
  assert.deepEqual(stridesOf("mmdetection"), { stride: 64, strideY: 64 });
});
