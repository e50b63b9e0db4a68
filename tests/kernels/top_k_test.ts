import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { type Stretch, topK } from "../../kernels/top_k/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

/** By a stable sort of all indices. */
function sortedBest(
  scores: ArrayLike<number>,
  { images, length, segments }: { images: number; length: number; segments: readonly Stretch[] },
): number[] {
  const best: number[] = [];
  for (let image = 0; image < images; image++) {
    const score = (i: number) => scores[image * length + i]!;
    const worse = (i: number) => Number.isNaN(score(i)) ? 1 : 0;
    for (const { start, size, k } of segments) {
      const order = Array.from({ length: size }, (_, i) => start + i);
      order.sort((a, b) => worse(a) - worse(b) || (score(b) - score(a)) || a - b);
      best.push(...order.slice(0, k));
    }
  }
  return best;
}

function check(name: string, scores: Float32Array, segments: readonly Stretch[], images = 1): void {
  const length = scores.length / Math.max(1, images);
  checkExact({
    name: `topK ${name}`,
    inputs: { scores: floats([images, length], { data: scores }) },
    run: ({ scores }) => [topK(scores!, segments)],
    expected: () => [sortedBest(scores, { images, length, segments })],
  });
}

const next = random(5);

function normals(length: number): Float32Array {
  return Float32Array.from({ length }, () => next.normal());
}

/** Scores with many ties, zeros of both signs, infinities and NaN. */
function awkward(length: number): Float32Array {
  const values = [0, -0, 1, 1, -1, NaN, Infinity, -Infinity, 1e-40, -1e-40, 0.5, 0.25];
  return Float32Array.from({ length }, () => values[next.integer(values.length)]!);
}

function whole(size: number, k: number): Stretch[] {
  return [{ start: 0, size, k }];
}

check("of levels", normals(2 * 1023), [
  { start: 0, size: 768, k: 300 },
  { start: 768, size: 192, k: 192 },
  { start: 960, size: 48, k: 1 },
  { start: 1008, size: 12, k: 0 },
  { start: 1020, size: 3, k: 3 },
], 2);
check("of segments out of order, overlapping, with gaps", normals(500), [
  { start: 300, size: 150, k: 70 },
  { start: 10, size: 100, k: 65 },
  { start: 50, size: 0, k: 0 },
  { start: 50, size: 300, k: 64 },
]);
check("of awkward scores", awkward(700), whole(700, 333));
check("of awkward scores, all of them", awkward(300), whole(300, 300));
check("of equal scores", new Float32Array(515).fill(-3.25), whole(515, 130));
check("of ties before a better score", Float32Array.of(1, 1, 1, 1, 5, 1, 7), whole(7, 4));
check("of NaN", new Float32Array(33).fill(NaN), whole(33, 7));
check("of one score", Float32Array.of(2), whole(1, 1));
check("of no images", new Float32Array(0), whole(0, 0), 0);
check("of no scores", new Float32Array(0), whole(0, 0), 1);
check("of sigmoids that saturate", normals(4000).map((x) => 1 / (1 + Math.exp(-20 * x))), [
  { start: 0, size: 3072, k: 300 },
  { start: 3072, size: 928, k: 300 },
]);
check("of a level as large as P2", normals(2 * 201_600), whole(201_600, 2000), 2);

Deno.test("topK: any scores and segments equal a sort", async () => {
  const score = fc.oneof(fc.float(), fc.constantFrom(0, -0, 1, NaN));
  const cases = fc.array(score, { minLength: 1, maxLength: 40 }).chain((scores) =>
    fc.record({
      scores: fc.constant(Float32Array.from(scores)),
      segments: fc.array(
        fc.tuple(fc.nat(scores.length), fc.nat(scores.length), fc.nat(scores.length)).map(
          ([a, b, k]) => {
            const start = Math.min(a, b), size = Math.abs(a - b);
            return { start, size, k: Math.min(k, size) };
          },
        ),
        { maxLength: 4 },
      ),
    })
  );
  await fc.assert(fc.asyncProperty(cases, async ({ scores, segments }) => {
    const inputs = { scores: floats([1, scores.length], { data: scores }) };
    const [actual] = await onCpu({ inputs, run: ({ scores }) => [topK(scores!, segments)] });
    const expected = sortedBest(scores, { images: 1, length: scores.length, segments });
    sameNumbers(actual!, expected, "indices");
  }));
});

Deno.test("topK refuses segments that do not fit", () => {
  scope(() => {
    const scores = fromArray(reference, [1, 4], new Float32Array(4));
    assert.throws(() => topK(scores, [{ start: 0, size: 4, k: 5 }]), /top 5 of 4 scores/);
    assert.throws(() => topK(scores, [{ start: 2, size: 3, k: 1 }]), RangeError);
    assert.throws(() => topK(scores.view([4]), whole(4, 1)), /must be \[N, R\]/);
  });
});

Deno.test("topK leaves nothing behind but its segment table", () => {
  const segments = whole(64, 8);
  const before = () => reference.memory().liveSlots;
  const call = () =>
    scope(() => void topK(fromArray(reference, [1, 64], new Float32Array(64)), segments));
  call();
  const slots = before();
  call();
  assert.equal(before(), slots);
});
