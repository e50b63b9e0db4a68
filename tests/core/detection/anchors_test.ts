import assert from "node:assert/strict";
import { cellAnchors, roundHalfEven } from "../../../core/detection/anchors.ts";

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
