import assert from "node:assert/strict";
import { empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { rpnLabels } from "../../kernels/rpn_labels/mod.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { randomBoxes } from "../_support/boxes.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

for (const [images, rows, straddle] of [[1, 1, 0], [2, 131, 0], [3, 70, 2.5], [2, 0, 0]] as const) {
  const next = random(rows);
  checkOp({
    name: `rpnLabels ${images}×${rows}, straddle ${straddle}`,
    inputs: {
      anchors: floats([rows, 4], { data: randomBoxes(rows, { snapped: true }).map((x) => x - 3) }),
      matches: ints(
        [images, rows],
        Array.from({ length: images * rows }, () => next.integer(5) - 2),
      ),
      imageSizes: floats([images, 2], { data: [50, 30, 40, 41, 57, 37].slice(0, images * 2) }),
    },
    run: ({ anchors, matches, imageSizes }) =>
      rpnLabels(
        { anchors: anchors!, matches: matches!, imageSizes: imageSizes! },
        { straddle },
      ),
  });
}

onDevices("rpnLabels() ignores what is between or reaches over the border", async (device) => {
  const labelled = (straddle: number) =>
    scope(() =>
      rpnLabels({
        anchors: fromArray(
          device,
          [6, 4],
          new Float32Array([
            ...[0, 0, 99, 49], // fills the image: visible
            ...[0, 0, 100, 49], // x2 = W: not
            ...[-1, 0, 9, 9],
            ...[0, 0, 9, 9],
            ...[0, 0, 9, 9],
            ...[5, 0, 9, 52], // 3 below
          ]),
        ),
        matches: fromArray(device, [1, 6], new Int32Array([3, 0, 0, -1, -2, -1])),
        imageSizes: fromArray(device, [1, 2], new Float32Array([100, 50])),
      }, { straddle })
    );
  for (
    const [straddle, expected] of [
      [0, [1, -1, -1, 0, -1, -1]],
      [1, [1, 1, 1, 0, -1, -1]],
      [2.5, [1, 1, 1, 0, -1, 0]],
      [-1, [1, 1, 1, 0, -1, 0]],
    ] as const
  ) {
    const labels = labelled(straddle);
    assert.deepEqual([...await labels.readInts()], expected, `straddle ${straddle}`);
    labels.release();
  }
});

Deno.test("rpnLabels() refuses shapes that do not fit", () => {
  scope(() => {
    const anchors = empty(reference, [3, 4]), imageSizes = empty(reference, [2, 2]);
    const matches = empty(reference, [2, 4], "i32");
    assert.throws(() => rpnLabels({ anchors, matches, imageSizes }, { straddle: 0 }), RangeError);
  });
});
