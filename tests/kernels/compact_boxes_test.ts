import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { compactBoxes, sortedTop } from "../../kernels/compact_boxes/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats, type Input, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

const next = random(21);

function normals(length: number): number[] {
  return Array.from({ length }, () => Math.fround(next.normal()));
}

function coins(length: number): number[] {
  return Array.from({ length }, () => next.integer(2));
}

/** Rows of `rows` boxes: those listed, cut at `rows`, then zeros; and how many there are. */
function padded(lists: number[][][], rows: number): [number[], number[]] {
  const cut = lists.map((list) => list.slice(0, rows));
  const boxes = cut.map((list) => [
    ...list.flat(),
    ...new Array<number>((rows - list.length) * 4).fill(0),
  ]);
  return [boxes.flat(), cut.map((list) => list.length)];
}

function boxAt(boxes: ArrayLike<number>, i: number): number[] {
  return [0, 1, 2, 3].map((side) => boxes[i * 4 + side]!);
}

interface Compaction {
  readonly images: number;
  readonly length: number;
  readonly boxes: readonly number[];
  readonly mask: readonly number[];
  readonly truths?: { readonly boxes: readonly number[]; readonly counts: readonly number[] };
  readonly capacity: number;
}

function compacted({ images, length, boxes, mask, truths, capacity }: Compaction) {
  const lists = Array.from({ length: images }, (_, image) => {
    const list: number[][] = [];
    for (let i = image * length; i < (image + 1) * length; i++) {
      if (mask[i] !== 0) list.push(boxAt(boxes, i));
    }
    const room = truths ? truths.boxes.length / 4 / images : 0;
    for (let i = 0; truths && i < truths.counts[image]!; i++) {
      list.push(boxAt(truths.boxes, image * room + i));
    }
    return list;
  });
  return padded(lists, capacity);
}

function compactCall({ images, length, boxes, mask, truths, capacity }: Compaction) {
  const inputs: Record<string, Input> = {
    boxes: floats([images, length, 4], { data: boxes }),
    mask: ints([images, length], mask),
  };
  if (truths) {
    const room = truths.boxes.length / 4 / images;
    inputs.truths = floats([images, room, 4], { data: truths.boxes });
    inputs.truthCounts = ints([images], truths.counts);
  }
  return {
    inputs,
    run: ({ boxes, mask, truths, truthCounts }: Record<string, Tensor>) => {
      const out = compactBoxes({ boxes: boxes!, mask: mask!, truths, truthCounts }, { capacity });
      return [out.boxes, out.counts];
    },
  };
}

function checkCompact(name: string, compaction: Compaction): void {
  checkExact({
    name: `compactBoxes ${name}`,
    ...compactCall(compaction),
    expected: () => compacted(compaction),
  });
}

checkCompact("with room to spare", {
  images: 2,
  length: 150,
  boxes: normals(1200),
  mask: coins(300),
  capacity: 200,
});
checkCompact("with truths", {
  images: 3,
  length: 70,
  boxes: normals(840),
  mask: coins(210),
  truths: { boxes: normals(3 * 5 * 4), counts: [2, 0, 5] },
  capacity: 75,
});
checkCompact("with too little room", {
  images: 2,
  length: 90,
  boxes: normals(720),
  mask: [...coins(90), ...new Array<number>(90).fill(0)],
  truths: { boxes: normals(2 * 40 * 4), counts: [40, 40] },
  capacity: 30,
});
checkCompact("of nothing marked", {
  images: 2,
  length: 5,
  boxes: normals(40),
  mask: new Array<number>(10).fill(0),
  capacity: 3,
});
checkCompact("of no boxes but truths", {
  images: 1,
  length: 0,
  boxes: [],
  mask: [],
  truths: { boxes: normals(8), counts: [1] },
  capacity: 4,
});
checkCompact("of no images", { images: 0, length: 4, boxes: [], mask: [], capacity: 3 });
checkCompact("of one box", { images: 1, length: 1, boxes: normals(4), mask: [1], capacity: 1 });

interface Sorting {
  readonly images: number;
  readonly length: number;
  readonly boxes: readonly number[];
  readonly mask: readonly number[];
  readonly scores: readonly number[];
  readonly count: number;
}

function sorted({ images, length, boxes, mask, scores, count }: Sorting): number[][] {
  const worse = (i: number) => Number.isNaN(scores[i]) ? 1 : 0;
  const best = Array.from({ length: images }, (_, image) => {
    const marked = Array.from({ length }, (_, i) => image * length + i)
      .filter((i) => mask[i] !== 0)
      .sort((a, b) => worse(a) - worse(b) || (scores[b]! - scores[a]!) || a - b);
    return marked.slice(0, count);
  });
  const [rows, counts] = padded(best.map((list) => list.map((i) => boxAt(boxes, i))), count);
  const values = best.map((list) => [
    ...list.map((i) => scores[i]!),
    ...new Array<number>(count - list.length).fill(0),
  ]);
  return [rows, counts, values.flat()];
}

function sortCall({ images, length, boxes, mask, scores, count }: Sorting) {
  return {
    inputs: {
      boxes: floats([images, length, 4], { data: boxes }),
      mask: ints([images, length], mask),
      scores: floats([images, length], { data: scores }),
    },
    run: ({ boxes, mask, scores }: Record<string, Tensor>) => {
      const out = sortedTop({ boxes: boxes!, mask: mask!, scores: scores! }, { count });
      return [out.boxes, out.counts, out.scores];
    },
  };
}

function checkSorted(name: string, sorting: Sorting): void {
  checkExact({ name: `sortedTop ${name}`, ...sortCall(sorting), expected: () => sorted(sorting) });
}

checkSorted("of more than fit", {
  images: 2,
  length: 210,
  boxes: normals(1680),
  mask: coins(420),
  scores: normals(420),
  count: 66,
});
checkSorted("of fewer than fit, with ties and NaN", {
  images: 2,
  length: 40,
  boxes: normals(320),
  mask: coins(80),
  scores: Array.from({ length: 80 }, () => [0, 1, NaN][next.integer(3)]!),
  count: 70,
});
checkSorted("of nothing marked", {
  images: 1,
  length: 9,
  boxes: normals(36),
  mask: new Array<number>(9).fill(0),
  scores: normals(9),
  count: 2,
});

Deno.test("compactBoxes and sortedTop: any marks equal a filter and a sort", async () => {
  const entry = fc.tuple(fc.constantFrom(0, 1), fc.constantFrom(-1, 0, 0.5, NaN));
  const cases = fc.record({
    entries: fc.array(entry, { maxLength: 30 }),
    capacity: fc.integer({ min: 1, max: 40 }),
    truths: fc.nat(3),
  });
  await fc.assert(fc.asyncProperty(cases, async ({ entries, capacity, truths }) => {
    const length = entries.length;
    const boxes = Array.from({ length: length * 4 }, (_, i) => i + 1);
    const common = { images: 1, length, boxes, mask: entries.map(([mark]) => mark) };
    const compaction = {
      ...common,
      capacity,
      truths: { boxes: [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12], counts: [truths] },
    };
    const rows = await onCpu(compactCall(compaction));
    compacted(compaction).forEach((values, i) => sameNumbers(rows[i]!, values, `compact ${i}`));
    const sorting = { ...common, scores: entries.map(([, score]) => score), count: capacity };
    const best = await onCpu(sortCall(sorting));
    sorted(sorting).forEach((values, i) => sameNumbers(best[i]!, values, `sorted ${i}`));
  }));
});

Deno.test("compactBoxes refuses no capacity, and truths without counts", () => {
  scope(() => {
    const boxes = fromArray(reference, [1, 1, 4], new Float32Array(4));
    const mask = fromArray(reference, [1, 1], new Int32Array(1));
    assert.throws(() => compactBoxes({ boxes, mask }, { capacity: 0 }), /room for one/);
    assert.throws(() => compactBoxes({ boxes, mask, truths: boxes }, { capacity: 1 }), TypeError);
  });
});

onDevices(
  "compactBoxes: names go with their boxes, truths are -1, -2, …, padding is 0",
  async (device) => {
    const { names, boxes, counts } = scope(() =>
      compactBoxes({
        boxes: fromArray(device, [2, 3, 4], Float32Array.from({ length: 24 }, (_, i) => i)),
        mask: fromArray(device, [2, 3], Int32Array.of(1, 0, 1, 0, 0, 1)),
        names: fromArray(device, [2, 3], Int32Array.of(40, 41, 42, 50, 51, 52)),
        truths: fromArray(device, [2, 2, 4], new Float32Array(16).fill(9)),
        truthCounts: fromArray(device, [2], Int32Array.of(1, 2)),
      }, { capacity: 5 })
    );
    assert.deepEqual([...await names!.readInts()], [40, 42, -1, 0, 0, 52, -1, -2, 0, 0]);
    assert.deepEqual([...await counts.readInts()], [3, 3]);
    for (const tensor of [names!, boxes, counts]) tensor.release();
  },
);

onDevices("sortedTop: names go with their boxes, truths follow the best", async (device) => {
  const { names, boxes, counts, scores } = scope(() =>
    sortedTop({
      scores: fromArray(device, [2, 3], Float32Array.of(1, 7, 2, 3, 4, 5)),
      boxes: fromArray(device, [2, 3, 4], Float32Array.from({ length: 24 }, (_, i) => i)),
      mask: fromArray(device, [2, 3], Int32Array.of(1, 0, 1, 0, 0, 1)),
      names: fromArray(device, [2, 3], Int32Array.of(40, 41, 42, 50, 51, 52)),
      truths: fromArray(device, [2, 2, 4], new Float32Array(16).fill(9)),
      truthCounts: fromArray(device, [2], Int32Array.of(1, 2)),
    }, { count: 2 })
  );
  assert.deepEqual([...await names!.readInts()], [42, 40, -1, 0, 52, -1, -2, 0]);
  assert.deepEqual([...await counts.readInts()], [3, 3]);
  assert.deepEqual([...(await boxes.readFloats()).subarray(0, 16)], [
    ...[8, 9, 10, 11],
    ...[0, 1, 2, 3],
    ...[9, 9, 9, 9],
    ...[0, 0, 0, 0],
  ]);
  for (const tensor of [names!, boxes, counts, scores]) tensor.release();
});
