import * as fc from "fast-check";
import type { Tensor } from "../../core/runtime/mod.ts";
import { selectTop } from "../../kernels/select_top/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats, ints } from "../_support/check_op.ts";
import { random } from "../_support/random.ts";

interface Case {
  readonly images: number;
  readonly scores: ArrayLike<number>;
  readonly mask: ArrayLike<number>;
  readonly count: number;
  readonly perImage: boolean;
}

/** By a stable sort of the marked. */
function sortedMask({ images, scores, mask, count, perImage }: Case): number[] {
  const length = scores.length / Math.max(1, images);
  const out = new Array<number>(scores.length).fill(0);
  const worse = (i: number) => Number.isNaN(scores[i]) ? 1 : 0;
  for (let group = 0; group < (perImage ? images : 1); group++) {
    const marked: number[] = [];
    for (let i = 0; i < scores.length; i++) {
      if (mask[i] !== 0 && (!perImage || Math.floor(i / length) === group)) marked.push(i);
    }
    marked.sort((a, b) => worse(a) - worse(b) || (scores[b]! - scores[a]!) || a - b);
    for (const i of marked.slice(0, count)) out[i] = 1;
  }
  return out;
}

function call({ images, scores, mask, count, perImage }: Case) {
  const shape = [images, scores.length / Math.max(1, images)];
  return {
    inputs: { scores: floats(shape, { data: scores }), mask: ints(shape, mask) },
    run: ({ scores, mask }: Record<string, Tensor>) => [
      selectTop({ scores: scores!, mask: mask! }, { count, perImage }),
    ],
  };
}

function check(name: string, data: Omit<Case, "perImage">): void {
  for (const perImage of [false, true]) {
    const topCase = { ...data, perImage };
    checkExact({
      name: `selectTop ${name} ${perImage ? "of each image" : "of the batch"}`,
      ...call(topCase),
      expected: () => [sortedMask(topCase)],
    });
  }
}

const next = random(3);
const normal = () => next.normal();
const coin = () => next.integer(2);

function many<T>(length: number, make: () => T): T[] {
  return Array.from({ length }, make);
}

check("of random scores", {
  images: 2,
  scores: many(2 * 333, normal),
  mask: many(2 * 333, coin),
  count: 100,
});
check("of five levels of 2000", {
  images: 2,
  scores: many(20_000, normal),
  mask: many(20_000, coin),
  count: 2000,
});
check("of equal scores", {
  images: 3,
  scores: many(3 * 70, () => 0.5),
  mask: many(3 * 70, coin),
  count: 50,
});
check("of few marked", {
  images: 2,
  scores: many(2 * 40, normal),
  mask: many(80, () => Number(next.integer(20) === 0)),
  count: 50,
});
check("of none marked", {
  images: 2,
  scores: many(2 * 40, normal),
  mask: many(80, () => 0),
  count: 5,
});
check("of one entry", { images: 1, scores: [-1], mask: [1], count: 1 });
check("of no room", { images: 1, scores: many(9, normal), mask: many(9, () => 1), count: 0 });
check("of no images", { images: 0, scores: [], mask: [], count: 3 });
check("with NaN and infinities", {
  images: 2,
  scores: many(2 * 50, () => [NaN, -Infinity, Infinity, 0, -0][next.integer(5)]!),
  mask: many(100, () => 1),
  count: 40,
});

Deno.test("selectTop: any scores and marks equal a sort", async () => {
  const entry = fc.tuple(fc.constantFrom(-1, 0, -0, 0.5, 2, NaN), fc.constantFrom(0, 1, -3));
  const cases = fc.record({
    entries: fc.array(fc.tuple(entry, entry), { maxLength: 20 }),
    count: fc.nat(45),
    perImage: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(cases, async ({ entries, count, perImage }) => {
    const flat = [...entries.map(([a]) => a), ...entries.map(([, b]) => b)];
    const topCase = {
      images: 2,
      scores: flat.map(([score]) => score),
      mask: flat.map(([, mark]) => mark),
      count,
      perImage,
    };
    const [actual] = await onCpu(call(topCase));
    sameNumbers(actual!, sortedMask(topCase), "mask");
  }));
});
