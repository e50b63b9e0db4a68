import assert from "node:assert/strict";
import { type Device, empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { matchBoxes, type MatchOptions } from "../../kernels/match_boxes/mod.ts";
import { randomBoxes } from "../_support/boxes.ts";
import { onDevices, reference } from "../_support/devices.ts";

interface Case {
  boxes: number[] | Float32Array<ArrayBuffer>;
  shared?: boolean;
  boxCounts?: number[];
  truths: number[] | Float32Array<ArrayBuffer>;
  truthCounts: number[];
}

/** Runs one case; matches and ious as plain arrays. */
async function run(device: Device, given: Case, options: MatchOptions) {
  const images = given.truthCounts.length;
  const { matches, ious } = scope(() => {
    const rows = given.boxes.length / 4 / (given.shared ? 1 : images);
    const input = {
      boxes: fromArray(
        device,
        given.shared ? [rows, 4] : [images, rows, 4],
        Float32Array.from(given.boxes),
      ),
      truths: fromArray(
        device,
        [images, given.truths.length / 4 / images, 4],
        Float32Array.from(given.truths),
      ),
      truthCounts: fromArray(device, [images], Int32Array.from(given.truthCounts)),
    };
    return matchBoxes(
      given.boxCounts
        ? { ...input, boxCounts: fromArray(device, [images], Int32Array.from(given.boxCounts)) }
        : input,
      options,
    );
  });
  const result = { matches: [...await matches.readInts()], ious: [...await ious.readFloats()] };
  matches.release();
  ious.release();
  return result;
}

function near(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]!) < 1e-6, `${i}: ${value} for ${expected[i]}`)
  );
}

const STRICT = { high: 0.7, low: 0.3, lowQuality: false };

onDevices("matchBoxes() tells matched, between and background by inclusive IoU", async (device) => {
  const { matches, ious } = await run(device, {
    boxes: [
      ...[0, 0, 9, 9], // truth 0 itself
      ...[0, 0, 9, 6], // 70 / 100 with truth 0: on the threshold, which counts
      ...[0, 0, 9, 4], // 50 / 100: between
      ...[0, 0, 9, 1], // 20 / 100: background
      ...[20, 20, 29, 24], // 50 / 100 with truth 1: reports its IoU with truth 0
      ...[20, 20, 29, 29], // truth 1 itself
      ...[10, 0, 9, 9], // no width
    ],
    truths: [0, 0, 9, 9, 20, 20, 29, 29],
    truthCounts: [2],
  }, STRICT);
  assert.deepEqual(matches, [0, 0, -2, -1, -2, 1, -1]);
  near(ious, [1, 0.7, 0.5, 0.2, 0, 1, 0]);
});

onDevices("matchBoxes() without the offset measures sides by x2 − x1", async (device) => {
  for (const lowQuality of [false, true]) {
    const { matches, ious } = await run(device, {
      boxes: [
        ...[0, 0, 10, 10], // the truth itself
        ...[0, 0, 10, 7], // 70 / 100
        ...[0, 0, 10, 5], // 50 / 100
        ...[0, 0, 10, 0], // no height
        ...[10, 0, 20, 10], // touches
      ],
      truths: [0, 0, 10, 10],
      truthCounts: [1],
    }, { ...STRICT, lowQuality, offset: 0 });
    assert.deepEqual(matches, [0, 0, -2, -1, -1]);
    near(ious, [1, 0.7, 0.5, 0, 0]);
  }
});

onDevices(
  "matchBoxes() takes the first truth on ties and ignores truths past the count",
  async (device) => {
    const given = {
      boxes: [0, 0, 9, 9],
      truths: [50, 50, 59, 59, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 9, 9],
    };
    assert.deepEqual((await run(device, { ...given, truthCounts: [4] }, STRICT)).matches, [1]);
    assert.deepEqual((await run(device, { ...given, truthCounts: [1] }, STRICT)).matches, [-1]);
  },
);

onDevices(
  "matchBoxes() with low quality matches all ties to their own best truth",
  async (device) => {
    const given = {
      boxes: [
        ...[0, 0, 9, 9], // 25 / 175 with both truths it touches
        ...[10, 10, 19, 19], // 25 / 175 with truth 0: tied with the box before
        ...[100, 0, 109, 3], // truth 1's best, and its own best is truth 2
        ...[200, 0, 209, 9],
      ],
      // Truth 1 overlaps box 2 by 30 of 110 and nothing else; truth 2 by 40 of 60.
      truths: [5, 5, 14, 14, 100, 1, 109, 10, 100, 0, 109, 5],
      truthCounts: [3],
    };
    const { matches, ious } = await run(device, given, { ...STRICT, lowQuality: true });
    assert.deepEqual(matches, [0, 0, 2, -1]);
    near(ious, [25 / 175, 25 / 175, 40 / 60, 0]);
    const without = await run(device, given, STRICT);
    assert.deepEqual(without.matches, [-1, -1, -2, -1]);
  },
);

onDevices("matchBoxes() lets truths claim the boxes tied for their best IoU", async (device) => {
  const given = {
    boxes: [
      ...[0, 0, 10, 10], // IoU 1 with truth 0, 0.5 with truth 1, whose best it is
      ...[0, 0, 10, 4], // 0.4 with truth 0
      ...[50, 50, 60, 60], // 0.2 with truth 2, whose best it is
    ],
    truths: [0, 0, 10, 10, 0, 0, 10, 20, 50, 50, 60, 52],
    truthCounts: [3],
  };
  const options = { high: 0.7, low: 0.3, lowQuality: true, offset: 0 };
  const claimed = await run(device, given, { ...options, claimFrom: 0.3 });
  assert.deepEqual(claimed.matches, [1, -2, -1]);
  near(claimed.ious, [0.5, 0.4, 0]);
  assert.deepEqual((await run(device, given, { ...options, claimFrom: 0.2 })).matches, [1, -2, 2]);
  assert.deepEqual((await run(device, given, options)).matches, [0, -2, 2]);
});

onDevices(
  "matchBoxes() leaves padding rows, images without truths and empty inputs alone",
  async (device) => {
    const box = [0, 0, 9, 9], far = [90, 90, 99, 99];
    const { matches, ious } = await run(device, {
      boxes: [...box, ...far, ...box, ...box, ...far, ...box],
      boxCounts: [3, 1],
      truths: [...box, ...box],
      truthCounts: [0, 1],
    }, { ...STRICT, lowQuality: true });
    assert.deepEqual(matches, [-1, -1, -1, 0, -1, -1]);
    assert.deepEqual(ious, [0, 0, 0, 1, -1, -1]);
    const none = await run(device, { boxes: [], truths: box, truthCounts: [1] }, STRICT);
    assert.deepEqual(none, { matches: [], ious: [] });
    const noRoom = await run(device, { boxes: box, truths: [], truthCounts: [0] }, {
      ...STRICT,
      lowQuality: true,
    });
    assert.deepEqual(noRoom, { matches: [-1], ious: [0] });
  },
);

/** The original's matcher, literally: the whole matrix, then three sweeps over it. */
function literally(given: Case, options: MatchOptions) {
  const images = given.truthCounts.length, matches: number[] = [];
  const perImage = given.truths.length / 4 / images;
  const rows = given.boxes.length / 4 / (given.shared ? 1 : images);
  const f = Math.fround;
  const area = (b: number[]) => f((b[2]! - b[0]! + 1) * (b[3]! - b[1]! + 1));
  for (let n = 0; n < images; n++) {
    const four = (list: Case["boxes"], at: number) => [...list.slice(at * 4, at * 4 + 4)];
    const boxes = Array.from(
      { length: rows },
      (_, p) => four(given.boxes, given.shared ? p : n * rows + p),
    );
    const truths = Array.from({ length: perImage }, (_, g) => four(given.truths, n * perImage + g));
    const matrix = Array.from(
      { length: given.truthCounts[n]! },
      (_, g) =>
        Array.from({ length: rows }, (_, p) => {
          const t = truths[g]!, b = boxes[p]!;
          const w = Math.max(0, Math.min(t[2]!, b[2]!) - Math.max(t[0]!, b[0]!) + 1);
          const h = Math.max(0, Math.min(t[3]!, b[3]!) - Math.max(t[1]!, b[1]!) + 1);
          const inter = f(w * h);
          return f(inter / f(f(area(t) + area(b)) - inter));
        }),
    );
    const own = Array.from({ length: rows }, (_, p) => {
      const column = matrix.map((row) => row[p]!);
      return column.indexOf(Math.max(...column));
    });
    const image = own.map((g, p) => {
      const iou = matrix[g]![p]!;
      return iou >= f(options.high) ? g : iou < f(options.low) ? -1 : -2;
    });
    if (options.lowQuality) {
      for (const row of matrix) {
        const best = Math.max(...row);
        row.forEach((iou, p) => {
          if (iou === best) image[p] = own[p]!;
        });
      }
    }
    matches.push(...image);
  }
  return matches;
}

for (const [rows, truths, shared] of [[1, 1, false], [90, 7, false], [2500, 5, true]] as const) {
  // On half pixels all products are exact, so that overlaps tie and no device may differ.
  const given = {
    boxes: randomBoxes(shared ? rows : rows * 2, { seed: 11, snapped: true }),
    truths: randomBoxes(truths * 2, { seed: 12, snapped: true }),
    shared,
    truthCounts: [truths, 1],
  };
  for (const lowQuality of [true, false]) {
    onDevices(
      `matchBoxes() equals the whole matrix of 2×${rows} boxes and ${truths} truths, lowQuality ${lowQuality}`,
      async (device) => {
        const options = { high: 0.5, low: 0.25, lowQuality };
        const { matches, ious } = await run(device, given, options);
        assert.deepEqual(matches, literally(given, options));
        near(ious, (await run(reference, given, options)).ious);
      },
    );
  }
}

onDevices("matchBoxes() finds each truth's best box whatever its coordinates", async (device) => {
  // Coordinates of 24 bits: equality must hold between the two passes, bit for bit.
  const boxes = randomBoxes(3000, { seed: 21, width: 1300, height: 800 });
  const truths = randomBoxes(40, { seed: 22, width: 1300, height: 800 });
  const options = { high: 1, low: 1, lowQuality: true };
  const { matches } = await run(device, { boxes, truths, truthCounts: [40] }, options);
  const expected = literally({ boxes, truths, truthCounts: [40] }, options);
  const positives = (list: number[]) => list.flatMap((match, p) => match >= 0 ? [p] : []);
  assert.deepEqual(positives(matches), positives(expected));
});

Deno.test("matchBoxes() refuses thresholds in the wrong order and shapes that do not fit", () => {
  scope(() => {
    const boxes = empty(reference, [2, 3, 4]), truths = empty(reference, [2, 1, 4]);
    const truthCounts = empty(reference, [2], "i32");
    const swapped = { high: 0.3, low: 0.7, lowQuality: false };
    assert.throws(() => matchBoxes({ boxes, truths, truthCounts }, swapped), RangeError);
    const short = empty(reference, [1], "i32");
    assert.throws(() => matchBoxes({ boxes, truths, truthCounts: short }, STRICT), RangeError);
  });
});
