import assert from "node:assert/strict";
import { empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { decodeBoxes } from "../../kernels/box_decode/mod.ts";
import { encodeBoxes } from "../../kernels/box_encode/mod.ts";
import { randomBoxes } from "../_support/boxes.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

const WEIGHTS = [10, 10, 5, 5];
const UNIT = [1, 1, 1, 1];
const SIZES = [60, 40, 31, 22, 45, 40];

function sizes(images: number) {
  return floats([images, 2], { data: SIZES.slice(0, images * 2) });
}

for (const { images, rows, picked } of [[1, 1, 1], [2, 70, 33], [3, 5, 0]].map(named)) {
  const next = random(rows);
  checkOp({
    name: `decodeBoxes proposals: ${picked} of ${images}×${rows}`,
    inputs: {
      boxes: floats([rows, 4], { data: randomBoxes(rows) }),
      deltas: floats([images, rows, 4], { scale: 0.7 }),
      indices: ints(
        [images, picked],
        Array.from({ length: images * picked }, () => next.integer(rows + 1) - 1),
      ),
      imageSizes: sizes(images),
    },
    run: ({ boxes, deltas, indices, imageSizes }) =>
      decodeBoxes(
        { boxes: boxes!, deltas: deltas!, indices: indices!, imageSizes: imageSizes! },
        { weights: UNIT },
      ),
  });
}

function named([images = 0, rows = 0, picked = 0]: number[]) {
  return { images, rows, picked };
}

for (
  const { rows, columns, classAgnostic, clip, offset = 1, limitShrinking = false } of [
    { rows: 9, columns: 12, classAgnostic: false, clip: true },
    { rows: 23, columns: 8, classAgnostic: true, clip: true },
    { rows: 23, columns: 12, classAgnostic: false, clip: false },
    { rows: 0, columns: 12, classAgnostic: false, clip: true },
    { rows: 30, columns: 12, classAgnostic: false, clip: true, offset: 0, limitShrinking: true },
  ]
) {
  checkOp({
    name:
      `decodeBoxes detections: 2×${rows} rows of ${columns}, 3 classes, clip ${clip}, offset ${offset}`,
    inputs: {
      boxes: floats([2, rows, 4], { data: randomBoxes(2 * rows, { seed: 5 }) }),
      deltas: floats([2 * rows, columns], { scale: 3 }),
      imageSizes: sizes(2),
    },
    run: ({ boxes, deltas, imageSizes }) =>
      decodeBoxes({ boxes: boxes!, deltas: deltas!, imageSizes: imageSizes! }, {
        ...{ weights: WEIGHTS, classes: 3, classAgnostic, clip, offset, limitShrinking },
      }),
  });
}

onDevices("decodeBoxes() caps growth, clips, and gives zeros for padding", async (device) => {
  const boxes = scope(() =>
    decodeBoxes({
      boxes: fromArray(device, [2, 4], new Float32Array([10, 10, 19, 29, 0, 0, 9, 9])),
      deltas: fromArray(device, [1, 2, 4], new Float32Array([0.5, 0, 0, 0, 0, 0, 100, 100])),
      indices: fromArray(device, [1, 3], new Int32Array([1, 0, -1])),
      imageSizes: fromArray(device, [1, 2], new Float32Array([1000, 22])),
    }, { weights: UNIT })
  );
  // Row 1: 625 wide around (5, 5), clipped; row 0: moved by 5 pixels, the bottom clipped.
  const expected = [0, 0, 5 + 312.5 - 1, 21, 15, 10, 24, 21, 0, 0, 0, 0];
  const values = await boxes.readFloats();
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(values[i]! - value) < 1e-3, `${i}: ${values[i]} for ${value}`);
  }
  boxes.release();
});

onDevices(
  "decodeBoxes() without the offset clips to the extent and may limit shrinking",
  async (device) => {
    const decode = (limitShrinking: boolean) =>
      scope(() =>
        decodeBoxes({
          boxes: fromArray(device, [2, 4], new Float32Array([10, 10, 135, 30, 0, 0, 10, 10])),
          deltas: fromArray(device, [1, 2, 4], new Float32Array([0, 0, -9, 9, 1, 0, 0, 0])),
          imageSizes: fromArray(device, [1, 2], new Float32Array([1000, 22])),
        }, { weights: UNIT, offset: 0, limitShrinking })
      );
    // 125 · 16 / 1000 = 2 wide around 72.5, or next to nothing.
    const free = 125 * Math.exp(-9) / 2;
    for (const [limited, half] of [[true, 1], [false, free]] as const) {
      const boxes = decode(limited);
      const values = await boxes.readFloats();
      const expected = [72.5 - half, 0, 72.5 + half, 22, 10, 0, 20, 10];
      expected.forEach((value, i) =>
        assert.ok(Math.abs(values[i]! - value) < 1e-4, `${i}: ${values[i]} for ${value}`)
      );
      boxes.release();
    }
  },
);

onDevices("decodeBoxes() undoes encodeBoxes()", async (device) => {
  const truths = randomBoxes(40, { seed: 8 });
  const decoded = scope(() => {
    const boxes = fromArray(device, [40, 4], randomBoxes(40, { seed: 9 }));
    const matches = fromArray(device, [1, 40], Int32Array.from({ length: 40 }, (_, i) => i));
    const targets = { boxes, truths: fromArray(device, [1, 40, 4], truths), matches };
    const deltas = encodeBoxes(targets, { weights: WEIGHTS });
    const imageSizes = fromArray(device, [1, 2], new Float32Array([60, 40]));
    return decodeBoxes({ boxes, deltas, imageSizes }, { weights: WEIGHTS, clip: false });
  });
  const values = await decoded.readFloats();
  // Offsets above ln(62.5) are capped: leave out the few pairs that far apart.
  let compared = 0;
  for (let i = 0; i < 160; i += 4) {
    const [a, b] = [values.subarray(i, i + 4), truths.subarray(i, i + 4)];
    if (
      Math.abs(a[2]! - a[0]! - b[2]! + b[0]!) > 1 || Math.abs(a[3]! - a[1]! - b[3]! + b[1]!) > 1
    ) {
      continue;
    }
    compared++;
    for (let j = 0; j < 4; j++) assert.ok(Math.abs(a[j]! - b[j]!) < 1e-3, `${a} for ${b}`);
  }
  assert.ok(compared > 35);
  decoded.release();
});

Deno.test("decodeBoxes() refuses offsets that do not fit the classes", () => {
  scope(() => {
    const boxes = empty(reference, [1, 2, 4]), imageSizes = empty(reference, [1, 2]);
    const deltas = empty(reference, [2, 8]);
    const options = { weights: UNIT, classes: 3 };
    assert.throws(() => decodeBoxes({ boxes, deltas, imageSizes }, options), RangeError);
    assert.throws(() => decodeBoxes({ boxes, deltas, imageSizes }, { weights: UNIT }), RangeError);
  });
});
