import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { greedyNms, nms, type NmsSegment } from "../../kernels/nms/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats, ints } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

interface Case {
  readonly boxes: ArrayLike<number>;
  readonly valid?: ArrayLike<number>;
  readonly images: number;
  readonly segments: readonly NmsSegment[];
  readonly threshold: number;
  readonly offset?: number;
}

/** IoU of the boxes at `a` and `b`, as written in textbooks; sides are x2 − x1 + offset. */
function iou(boxes: ArrayLike<number>, [a, b]: readonly [number, number], offset = 1): number {
  const side = (box: number, axis: number) =>
    boxes[box * 4 + 2 + axis]! - boxes[box * 4 + axis]! + offset;
  const overlap = (axis: number) =>
    Math.min(boxes[a * 4 + 2 + axis]!, boxes[b * 4 + 2 + axis]!) -
    Math.max(boxes[a * 4 + axis]!, boxes[b * 4 + axis]!) + offset;
  const common = Math.max(0, overlap(0)) * Math.max(0, overlap(1));
  return common / (side(a, 0) * side(a, 1) + side(b, 0) * side(b, 1) - common);
}

/** Each box in order removes those after it. */
function greedy({ boxes, valid, images, segments, threshold, offset }: Case): number[] {
  const length = segments.reduce((sum, { size }) => sum + size, 0);
  const mask = Array.from({ length: images * length }, (_, i) => valid && valid[i] === 0 ? 0 : 1);
  for (let image = 0; image < images; image++) {
    for (const { start, size, keep } of segments) {
      const first = image * length + start;
      let kept = 0;
      for (let i = first; i < first + size; i++) {
        if (mask[i] === 1 && kept++ >= keep) mask[i] = 0;
        if (mask[i] === 0) continue;
        for (let j = i + 1; j < first + size; j++) {
          if (iou(boxes, [i, j], offset) > threshold) mask[j] = 0;
        }
      }
    }
  }
  return mask;
}

function call({ boxes, valid, images, segments, threshold, offset }: Case) {
  const length = segments.reduce((sum, { size }) => sum + size, 0);
  const inputs = { boxes: floats([images, length, 4], { data: boxes }) };
  return {
    inputs: valid ? { ...inputs, valid: ints([images, length], valid) } : inputs,
    run: ({ boxes, valid }: Record<string, Tensor>) => [
      nms({ boxes: boxes!, valid }, { segments, threshold, offset }),
    ],
  };
}

function check(name: string, nmsCase: Case): void {
  checkExact({ name: `nms ${name}`, ...call(nmsCase), expected: () => [greedy(nmsCase)] });
}

const next = random(11);

/** Boxes of whole pixels, crowded enough to overlap. */
function crowd(count: number, extent = 100): Float32Array {
  const boxes = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) {
    const x = next.integer(extent), y = next.integer(extent);
    boxes.set([x, y, x + next.integer(60), y + next.integer(60)], i * 4);
  }
  return boxes;
}

function whole(size: number, keep = size): NmsSegment[] {
  return [{ start: 0, size, keep }];
}

for (const size of [0, 1, 2, 31, 32, 33, 64, 65, 300]) {
  check(`of ${size} boxes`, {
    boxes: crowd(2 * size),
    images: 2,
    segments: whole(size),
    threshold: 0.3,
  });
}

const levels = [
  { start: 0, size: 130, keep: 100 },
  { start: 130, size: 70, keep: 3 },
  { start: 200, size: 0, keep: 5 },
  { start: 200, size: 33, keep: 0 },
  { start: 233, size: 1, keep: 1 },
];

check("of levels", { boxes: crowd(2 * 234), images: 2, segments: levels, threshold: 0.5 });
check("of levels, some boxes invalid", {
  boxes: crowd(2 * 234),
  valid: Array.from({ length: 2 * 234 }, () => next.integer(2)),
  images: 2,
  segments: levels,
  threshold: 0.5,
});
check("of invalid boxes alone", {
  boxes: crowd(70),
  valid: new Int32Array(70),
  images: 1,
  segments: whole(70),
  threshold: 0.5,
});
check("of one box many times", {
  boxes: Array.from({ length: 70 * 4 }, (_, i) => [3, 4, 30, 40][i % 4]!),
  images: 1,
  segments: whole(70),
  threshold: 0.999,
});
check("of disjoint boxes keeps the first", {
  boxes: Array.from({ length: 100 }, (_, i) => [i * 10, 0, i * 10 + 9, 9]).flat(),
  images: 1,
  segments: whole(100, 45),
  threshold: 0,
});
check("of boxes without extent", {
  boxes: [5, 5, 4, 4, 5, 5, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 8, 8, 4, 4, 5, 5, 4.5, 9],
  images: 1,
  segments: whole(6),
  threshold: 0.5,
});
check("of fractional boxes", {
  boxes: crowd(200, 50).map((side) => side + next.uniform() * 0.4),
  images: 1,
  segments: whole(200),
  threshold: 0.85,
});
for (const threshold of [0.5, 0.85]) {
  check(`without the offset, threshold ${threshold}`, {
    boxes: crowd(2 * 150, 40),
    images: 2,
    segments: whole(150),
    threshold,
    offset: 0,
  });
}
check("without the offset, of boxes that touch or have no extent", {
  boxes: [0, 0, 9, 9, 9, 0, 18, 9, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 9],
  images: 1,
  segments: whole(5),
  threshold: 0,
  offset: 0,
});
check("of 2000 boxes", {
  boxes: crowd(2000, 700),
  images: 1,
  segments: whole(2000),
  threshold: 0.3,
});

/** Boxes anywhere, also left of 0, from a pixel to most of the plane long; every fourth is much like one before it. */
function mixture(count: number): Float32Array {
  const boxes = new Float32Array(count * 4);
  for (let i = 0; i < count; i++) {
    const side = () => 2 ** (next.uniform() * 8);
    let x = next.uniform() * 300 - 150, y = next.uniform() * 300 - 150, w = side(), h = side();
    if (i % 4 === 3) {
      const [x1, y1, x2, y2] = boxes.subarray(next.integer(i) * 4);
      [x, y, w, h] = [x1! + next.uniform(), y1! - next.uniform(), x2! - x1!, y2! - y1!];
    }
    boxes.set([x, y, x + w, y + h], i * 4);
  }
  return boxes;
}

for (const threshold of [0, 0.05, 0.3, 0.7, 0.95, 1]) {
  check(`of boxes of all sizes, threshold ${threshold}`, {
    boxes: mixture(2 * 400),
    images: 2,
    segments: [{ start: 0, size: 350, keep: 350 }, { start: 350, size: 50, keep: 30 }],
    threshold,
    offset: 0,
  });
}
check("of boxes in one column, and in one row", {
  boxes: Array.from({ length: 120 }, (_, i) => i < 60 ? [7, i, 20, i + 9] : [i, 7, i + 9, 20])
    .flat(),
  images: 1,
  segments: [{ start: 0, size: 60, keep: 60 }, { start: 60, size: 60, keep: 60 }],
  threshold: 0.4,
});

Deno.test("greedyNms() keeps boxes that are not finite, which overlap nothing", () => {
  const far = [-Infinity, 0, 5, 5], endless = [0, 0, Infinity, 9], unknown = [NaN, 0, 5, 5];
  const box = [0, 0, 5, 5];
  const boxes = Float32Array.from([...far, ...unknown, ...box, ...endless, ...box]);
  assert.deepEqual([...greedyNms(boxes, { threshold: 0.5 })], [1, 1, 1, 1, 0]);
});

// Three images of so many boxes that the bit matrices of only one are made at once.
check("of the most boxes there may be, few of them valid", {
  boxes: crowd(3 * 16384, 400),
  valid: Array.from({ length: 3 * 16384 }, () => Number(next.integer(100) === 0)),
  images: 3,
  segments: whole(16384, 120),
  threshold: 0.3,
});

// A line of 100 pixels and one of so many within it. 53 and 59: their hundredths round down to float32, and the
// product with the union would round below the intersection if the threshold were not rounded up.
for (const hundredths of [5, 30, 50, 53, 59, 60, 70, 75, 85, 95]) {
  const boxes = [0, 0, 99, 0, 0, 0, hundredths - 1, 0];
  const inputs = { boxes: floats([1, 2, 4], { data: boxes }) };
  for (
    const [threshold, second] of [[hundredths / 100, 1], [hundredths / 100 - 1e-6, 0]] as const
  ) {
    checkExact({
      name: `nms of two boxes with IoU ${hundredths / 100} at ${threshold}`,
      inputs,
      run: ({ boxes }) => [nms({ boxes: boxes! }, { segments: whole(2), threshold })],
      expected: () => [[1, second]],
    });
  }
}

Deno.test("nms: any boxes equal each removing those after it", async () => {
  const box = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9))
    .map(([x, y, w, h]) => [x, y, x + w, y + h]);
  const cases = fc.record({
    list: fc.array(fc.tuple(box, fc.nat(4)), { maxLength: 40 }),
    keep: fc.nat(40),
    threshold: fc.constantFrom(0, 0.25, 0.5, 0.85, 1),
  });
  await fc.assert(fc.asyncProperty(cases, async ({ list, keep, threshold }) => {
    const nmsCase = {
      boxes: list.flatMap(([box]) => box),
      valid: list.map(([, valid]) => valid),
      images: 1,
      segments: whole(list.length, keep),
      threshold,
    };
    const [actual] = await onCpu(call(nmsCase));
    sameNumbers(actual!, greedy(nmsCase), "mask");
  }));
});

Deno.test("nms refuses segments that do not cover the boxes", () => {
  scope(() => {
    const boxes = fromArray(reference, [1, 4, 4], new Float32Array(16));
    const options = { threshold: 0.5 };
    assert.throws(
      () => nms({ boxes }, { ...options, segments: whole(3) }),
      /have 3 boxes an image/,
    );
    const gap = [{ start: 1, size: 3, keep: 3 }];
    assert.throws(() => nms({ boxes }, { ...options, segments: gap }), /must start at 0/);
  });
});
