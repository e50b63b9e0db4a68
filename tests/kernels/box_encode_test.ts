import assert from "node:assert/strict";
import { empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { encodeBoxes } from "../../kernels/box_encode/mod.ts";
import { randomBoxes } from "../_support/boxes.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

const WEIGHTS = [10, 10, 5, 5];

for (
  const { images, rows, truths, shared } of [
    { images: 1, rows: 1, truths: 1, shared: false },
    { images: 2, rows: 67, truths: 5, shared: false },
    { images: 3, rows: 130, truths: 4, shared: true },
    { images: 2, rows: 0, truths: 3, shared: false },
  ]
) {
  const next = random(rows);
  const boxes = shared ? [rows, 4] : [images, rows, 4];
  for (const offset of [1, 0]) {
    checkOp({
      name: `encodeBoxes ${images}×${rows}, ${truths} truths${
        shared ? ", shared boxes" : ""
      }, offset ${offset}`,
      inputs: {
        boxes: floats(boxes, { data: randomBoxes(shared ? rows : images * rows, { seed: 3 }) }),
        truths: floats([images, truths, 4], { data: randomBoxes(images * truths, { seed: 4 }) }),
        matches: ints(
          [images, rows],
          Array.from({ length: images * rows }, () => next.integer(truths + 2) - 2),
        ),
      },
      run: ({ boxes, truths, matches }) =>
        encodeBoxes({ boxes: boxes!, truths: truths!, matches: matches! }, {
          weights: WEIGHTS,
          offset,
        }),
    });
  }
}

onDevices("encodeBoxes() equals hand-computed values", async (device) => {
  const targets = scope(() =>
    encodeBoxes({
      boxes: fromArray(
        device,
        [1, 4, 4],
        new Float32Array([
          ...[0, 0, 9, 19], // 10 × 20, centre (5, 10)
          ...[10, 10, 29, 19], // equals truth 1
          ...[0, 0, 9, 19], // unmatched: against truth 0
          ...[5, 5, 4, 9], // no width
        ]),
      ),
      truths: fromArray(device, [1, 2, 4], new Float32Array([2, 4, 21, 13, 10, 10, 29, 19])),
      matches: fromArray(device, [1, 4], new Int32Array([0, 1, -2, 0])),
    }, { weights: WEIGHTS })
  );
  const values = await targets.readFloats();
  const first = [10 * (12 - 5) / 10, 10 * (9 - 10) / 20, 5 * Math.log(2), -5 * Math.log(2)];
  for (const [i, expected] of [...first, 0, 0, 0, 0, ...first, 0, 0, 0, 0].entries()) {
    assert.ok(Math.abs(values[i]! - expected) < 1e-5, `${i}: ${values[i]} for ${expected}`);
  }
  assert.deepEqual([...values.slice(4, 6)], [0, 0], "a truth's own offsets are exact zeros");
  targets.release();
});

onDevices("encodeBoxes() without the offset takes x2 for the end", async (device) => {
  const targets = scope(() =>
    encodeBoxes({
      boxes: fromArray(device, [1, 2, 4], new Float32Array([0, 0, 10, 20, 3, 4, 3, 9])),
      truths: fromArray(device, [1, 1, 4], new Float32Array([2, 4, 22, 14])),
      matches: fromArray(device, [1, 2], new Int32Array([0, 0])),
    }, { weights: WEIGHTS, offset: 0 })
  );
  // The second has no width, which with the offset would be one pixel.
  const expected = [10 * 7 / 10, 10 * -1 / 20, 5 * Math.log(2), -5 * Math.log(2), 0, 0, 0, 0];
  const values = await targets.readFloats();
  expected.forEach((value, i) =>
    assert.ok(Math.abs(values[i]! - value) < 1e-5, `${i}: ${values[i]} for ${value}`)
  );
  targets.release();
});

onDevices("encodeBoxes() gives zeros for rows of padding and without truths", async (device) => {
  const targets = scope(() => {
    const boxes = fromArray(device, [1, 2, 4], new Float32Array(8));
    const matches = fromArray(device, [1, 2], new Int32Array([-1, -1]));
    const truths = fromArray(device, [1, 3, 4], new Float32Array(12));
    const none = empty(device, [1, 0, 4]);
    return [truths, none].map((truths) =>
      encodeBoxes({ boxes, truths, matches }, { weights: WEIGHTS })
    );
  });
  for (const tensor of targets) {
    assert.deepEqual([...await tensor.readFloats()], new Array(8).fill(0));
    tensor.release();
  }
});

Deno.test("encodeBoxes() refuses shapes that do not fit", () => {
  scope(() => {
    const boxes = empty(reference, [3, 5, 4]), truths = empty(reference, [2, 1, 4]);
    const matches = empty(reference, [2, 5], "i32");
    assert.throws(() => encodeBoxes({ boxes, truths, matches }, { weights: WEIGHTS }), RangeError);
    const shared = empty(reference, [4, 4]);
    assert.throws(
      () => encodeBoxes({ boxes: shared, truths, matches }, { weights: WEIGHTS }),
      RangeError,
    );
    const fitting = empty(reference, [5, 4]);
    assert.throws(
      () => encodeBoxes({ boxes: fitting, truths, matches }, { weights: [1, 1] }),
      RangeError,
    );
  });
});
