import assert from "node:assert/strict";
import {
  ceilDiv,
  formatShape,
  nhwc,
  sameShape,
  sizeOf,
  windowOutput,
} from "../../core/runtime/shape.ts";

Deno.test("sizeOf() counts elements: one in a scalar, none where an extent is 0", () => {
  assert.equal(sizeOf([]), 1);
  assert.equal(sizeOf([2, 3, 4]), 24);
  assert.equal(sizeOf([5, 0, 7]), 0);
});

Deno.test("sameShape() compares rank and extents in order", () => {
  assert.ok(sameShape([], []));
  assert.ok(sameShape([2, 3], [2, 3]));
  assert.ok(!sameShape([2, 3], [3, 2]));
  assert.ok(!sameShape([2], [2, 1]));
  assert.ok(!sameShape([2, 1], [2]));
});

Deno.test("formatShape() writes extents with crosses", () => {
  assert.equal(formatShape([2, 3, 4]), "2×3×4");
  assert.equal(formatShape([]), "scalar");
});

Deno.test("nhwc() takes rank 4 apart and names what has another rank", () => {
  assert.deepEqual(nhwc([2, 3, 0, 5], "x"), [2, 3, 0, 5]);
  assert.throws(() => nhwc([2, 3, 4], "the images"), {
    name: "RangeError",
    message: /the images.*2×3×4/,
  });
  assert.throws(() => nhwc([1, 2, 3, 4, 5], "x"), RangeError);
});

Deno.test("ceilDiv() rounds up", () => {
  assert.deepEqual([0, 1, 4, 5, 8].map((a) => ceilDiv(a, 4)), [0, 1, 1, 2, 2]);
});

Deno.test("windowOutput() counts the window's positions, and none where it does not fit", () => {
  // [input, kernel, stride, padding, dilation]
  const cases: [number, number, number, number, number][] = [
    [7, 3, 1, 1, 1],
    [7, 3, 2, 1, 1],
    [8, 3, 2, 1, 1],
    [224, 7, 2, 3, 1],
    [5, 3, 1, 0, 2],
    [4, 3, 1, 0, 2],
    [1, 1, 2, 0, 1],
    [0, 3, 1, 1, 1],
    [2, 7, 1, 0, 1],
  ];
  for (const [input, kernel, stride, padding, dilation] of cases) {
    let positions = 0;
    const last = input + 2 * padding - (dilation * (kernel - 1) + 1);
    for (let start = 0; start <= last; start += stride) positions++;
    assert.equal(windowOutput(input, { kernel, stride, padding, dilation }), positions);
  }
});
