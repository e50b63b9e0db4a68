import assert from "node:assert/strict";
import { countDistributions, errorBins, IOU_BINS } from "../../../core/detection/distributions.ts";
import { type Device, fromArray, scope } from "../../../core/runtime/mod.ts";
import { encodeBoxes, matchBoxes, roiLabels } from "../../../kernels/mod.ts";
import { onDevices } from "../../_support/devices.ts";

const WEIGHTS = [10, 10, 5, 5];

/** One image with two truths of 10×10 pixels, and with proposals; a second one with a single proposal. */
function countHandMade(device: Device) {
  const floats = (shape: number[], data: number[]) =>
    fromArray(device, shape, new Float32Array(data));
  const ints = (shape: number[], data: number[]) => fromArray(device, shape, new Int32Array(data));
  const truths = {
    boxes: floats([2, 2, 4], [0, 0, 9, 9, 100, 0, 109, 9, 0, 0, 9, 9, 7, 7, 7, 7]),
    labels: ints([2, 2], [1, 2, 3, 0]),
    counts: ints([2], [2, 1]),
  };
  const proposals = {
    boxes: floats([2, 4, 4], [
      ...[103, 0, 112, 9], // 3 pixels right of the second truth: 70 / 130
      ...[100, 5, 109, 14], // 5 pixels below it: 50 / 150
      ...[0, 0, 9, 9], // the first truth itself, appended
      ...[0, 0, 9, 9], // padding
      ...[0, 0, 9, 19], // twice as high as the only truth: 100 / 200
      ...[7, 7, 7, 7, 0, 0, 9, 9, 0, 0, 9, 9], // padding
    ]),
    counts: ints([2], [3, 1]),
    names: ints([2, 4], [11, 12, -1, 0, 13, 0, 0, 0]),
  };
  const { matches } = matchBoxes({
    boxes: proposals.boxes,
    boxCounts: proposals.counts,
    truths: truths.boxes,
    truthCounts: truths.counts,
  }, { high: 0.45, low: 0.45, lowQuality: false });
  const labels = roiLabels({
    matches,
    truthLabels: truths.labels,
    boxCounts: proposals.counts,
  });
  const targets = encodeBoxes(
    { boxes: proposals.boxes, truths: truths.boxes, matches },
    { weights: WEIGHTS },
  );
  return countDistributions(proposals, { truths, labels, targets, weights: WEIGHTS });
}

/** The bins that are not empty: [bin, count]. */
function filled(counts: ArrayLike<number>): [number, number][] {
  return Array.from(counts, (count, bin): [number, number] => [bin, count])
    .filter(([, count]) => count > 0);
}

onDevices(
  "countDistributions() counts known proposals, without truths and padding",
  async (device) => {
    const { iou, error } = scope(() => countHandMade(device));
    // 0.333 is counted with the second truth, though background has the IoU with the first in the statistics.
    const perUnit = IOU_BINS.bins;
    assert.deepEqual(filled(await iou.readInts()), [
      [Math.floor(perUnit / 3), 1],
      [Math.floor(perUnit / 2), 1],
      [Math.floor(perUnit * 70 / 130), 1],
    ]);
    const { low, bins, high } = errorBins(WEIGHTS);
    const binOf = (value: number) => Math.floor((value - low) * bins / (high - low) + 1e-4);
    const errors = await error.readInts();
    const columns = [0, 1, 2, 3].map((i) => filled(errors.subarray(i * bins, (i + 1) * bins)));
    assert.deepEqual(columns, [
      [[binOf(-3), 1], [binOf(0), 1]],
      [[binOf(-2.5), 1], [binOf(0), 1]],
      [[binOf(0), 2]],
      [[binOf(5 * Math.log(0.5)), 1], [binOf(0), 1]],
    ]);
    iou.release();
    error.release();
  },
);

Deno.test("errorBins() cover half a side and a factor of e, as weighted", () => {
  assert.deepEqual(errorBins([10, 10, 5, 5]), { low: -5, high: 5, bins: 100 });
  assert.deepEqual(errorBins([1, 1, 2, 1]), { low: -2, high: 2, bins: 100 });
});
