import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { classNms } from "../../kernels/class_nms/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats, ints } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

interface Case {
  readonly images: number;
  readonly proposals: number;
  readonly classes: number;
  readonly scores: ArrayLike<number>;
  readonly boxes: ArrayLike<number>;
  readonly counts: readonly number[];
  readonly offset?: number;
}

const SCORE = 0.05, IOU = 0.5;

/** IoU of the boxes at `a` and `b`; sides are x2 − x1 + offset. */
function iou(boxes: ArrayLike<number>, [a, b]: readonly [number, number], offset = 1): number {
  const side = (box: number, axis: number) =>
    boxes[box * 4 + 2 + axis]! - boxes[box * 4 + axis]! + offset;
  const overlap = (axis: number) =>
    Math.min(boxes[a * 4 + 2 + axis]!, boxes[b * 4 + 2 + axis]!) -
    Math.max(boxes[a * 4 + axis]!, boxes[b * 4 + axis]!) + offset;
  const common = Math.max(0, overlap(0)) * Math.max(0, overlap(1));
  return common / (side(a, 0) * side(a, 1) + side(b, 0) * side(b, 1) - common);
}

/** Per image and class: sort the candidates, keep each that no kept one overlaps. */
function greedy({ images, proposals, classes, scores, boxes, counts, offset }: Case): number[] {
  const keep = new Array<number>(scores.length).fill(0);
  for (let image = 0; image < images; image++) {
    for (let label = 1; label < classes; label++) {
      const at = (p: number) => (image * proposals + p) * classes + label;
      const candidates = Array.from({ length: counts[image]! }, (_, p) => at(p))
        .filter((i) => scores[i]! > Math.fround(SCORE))
        .sort((a, b) => scores[b]! - scores[a]! || a - b);
      const kept: number[] = [];
      for (const i of candidates) {
        if (kept.every((j) => !(iou(boxes, [j, i], offset) > IOU))) kept.push(i);
      }
      for (const i of kept) keep[i] = 1;
    }
  }
  return keep;
}

function call({ images, proposals, classes, scores, boxes, counts, offset }: Case) {
  const shape = [images, proposals, classes];
  return {
    inputs: {
      scores: floats(shape, { data: scores }),
      boxes: floats([...shape, 4], { data: boxes }),
      counts: ints([images], counts),
    },
    run: ({ scores, boxes, counts }: Record<string, Tensor>) => [
      classNms({ scores: scores!, boxes: boxes!, counts: counts! }, {
        scoreThreshold: SCORE,
        iouThreshold: IOU,
        offset,
      }),
    ],
  };
}

const next = random(31);

/** Boxes of whole pixels in a crowd; scores of which `share` may pass the threshold, with ties. */
function make(
  [images, proposals, classes]: readonly [number, number, number],
  counts: readonly number[],
  share: number,
): Case {
  const size = images * proposals * classes;
  const boxes = new Float32Array(size * 4);
  for (let i = 0; i < size; i++) {
    const x = next.integer(60), y = next.integer(60);
    boxes.set([x, y, x + 5 + next.integer(40), y + 5 + next.integer(40)], i * 4);
  }
  const scores = Float32Array.from({ length: size }, () => {
    return next.uniform() < share ? next.integer(40) / 40 : next.uniform() * 0.05;
  });
  return { images, proposals, classes, scores, boxes, counts };
}

function check(name: string, classCase: Case): void {
  checkExact({
    name: `classNms ${name}`,
    ...call(classCase),
    expected: () => [greedy(classCase)],
  });
}

check("of 10 classes", make([2, 130, 11], [130, 77], 0.4));
check("of one class, all candidates", make([1, 300, 2], [300], 1));
check("of one proposal", make([1, 1, 4], [1], 1));
check("of 80 classes, few candidates", make([1, 1000, 81], [990], 0.01));
check("of images without proposals", make([3, 40, 3], [0, 40, 0], 1));
check("without candidates", make([1, 70, 5], [70], 0));
check("without room for proposals", make([1, 0, 5], [0], 0));
check("without images", make([0, 7, 5], [], 0));

const same = make([1, 70, 3], [70], 1);
check("of equal boxes and scores", {
  ...same,
  scores: new Float32Array(210).fill(0.25),
  boxes: Array.from({ length: 840 }, (_, i) => [3, 4, 30, 40][i % 4]!),
});
check("of scores at the threshold and NaN", {
  ...same,
  scores: Float32Array.from({ length: 210 }, (_, i) => [SCORE, 0.0500001, NaN, 0.049][i % 4]!),
});

Deno.test("classNms: any scores and boxes equal a sort and a scan", async () => {
  const entry = fc.tuple(
    fc.constantFrom(0, 0.05, 0.1, 0.5, 0.9),
    fc.nat(4),
    fc.nat(4),
    fc.nat(5),
    fc.nat(5),
  );
  const cases = fc.tuple(fc.array(fc.tuple(entry, entry, entry), { maxLength: 20 }), fc.nat(20));
  await fc.assert(fc.asyncProperty(cases, async ([rows, count]) => {
    const entries = rows.flat();
    const classCase = {
      images: 1,
      proposals: rows.length,
      classes: 3,
      scores: Float32Array.from(entries, ([score]) => score),
      boxes: entries.flatMap(([, x, y, w, h]) => [x, y, x + w, y + h]),
      counts: [Math.min(count, rows.length)],
    };
    const [actual] = await onCpu(call(classCase));
    sameNumbers(actual!, greedy(classCase), "keep");
  }));
});

Deno.test("classNms refuses scores of the background alone", () => {
  scope(() => {
    const scores = fromArray(reference, [1, 1, 1], new Float32Array(1));
    const boxes = fromArray(reference, [1, 1, 1, 4], new Float32Array(4));
    const counts = fromArray(reference, [1], Int32Array.of(1));
    const options = { scoreThreshold: SCORE, iouThreshold: IOU };
    assert.throws(() => classNms({ scores, boxes, counts }, options), /besides the background/);
  });
});
