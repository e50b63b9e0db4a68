import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { hashAt, hashPrefix } from "../../kernels/_shared/hash.ts";
import { sampleLabels, type SampleOptions } from "../../kernels/sample_labels/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { ints } from "../_support/check_op.ts";
import { onDevices } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

type Labels = ArrayLike<number>;

/** As the original's sampler, but for what "random" is: the smallest hashes, to 30 bits. */
function sampled(labels: Labels, images: number, options: SampleOptions): [number[], number[]] {
  const { batchSize, positiveFraction, mode } = options;
  const length = labels.length / Math.max(1, images);
  const indices: number[] = [], counts: number[] = [];
  for (let image = 0; image < images; image++) {
    const prefix = hashPrefix({ ...options, image });
    const order = (p: number) => mode === "first" ? 0 : Math.floor(hashAt(prefix, p) / 4);
    const draw = (wanted: (label: number) => boolean, count: number) =>
      Array.from({ length }, (_, p) => p)
        .filter((p) => wanted(labels[image * length + p]!))
        .map((p) => [order(p), p] as const)
        .sort(([a, p], [b, q]) => a - b || p - q)
        .slice(0, count)
        .map(([, p]) => p);
    const positives = draw((label) => label >= 1, Math.floor(batchSize * positiveFraction));
    const negatives = draw((label) => label === 0, batchSize - positives.length);
    const all = [...positives, ...negatives].sort((a, b) => a - b);
    indices.push(...all, ...new Array<number>(batchSize - all.length).fill(-1));
    counts.push(positives.length, negatives.length);
  }
  return [indices, counts];
}

function call(labels: Labels, images: number, options: SampleOptions) {
  return {
    inputs: { labels: ints([images, labels.length / Math.max(1, images)], labels) },
    run: ({ labels }: Record<string, Tensor>) => {
      const out = sampleLabels(labels!, options);
      return [out.indices, out.counts];
    },
  };
}

const RPN = {
  batchSize: 256,
  positiveFraction: 0.5,
  seed: 3,
  iteration: 17,
  stream: 0,
  mode: "random",
} as const;

function check(name: string, data: { labels: Labels; images: number; options: SampleOptions }) {
  const { labels, images, options } = data;
  for (const mode of ["random", "first"] as const) {
    const chosen = { ...options, mode };
    checkExact({
      name: `sampleLabels ${name}, ${mode}`,
      ...call(labels, images, chosen),
      expected: () => sampled(labels, images, chosen),
    });
  }
}

const next = random(8);

/** Labels of which about one in `rarity` is positive, and as many are ignored. */
function labels(length: number, rarity: number): Int32Array {
  return Int32Array.from({ length }, () => {
    const draw = next.integer(rarity);
    return draw === 0 ? 1 + next.integer(80) : draw === 1 ? -1 : 0;
  });
}

check("with enough of both", { labels: labels(2 * 3000, 4), images: 2, options: RPN });
check("with few positives", { labels: labels(2 * 3000, 100), images: 2, options: RPN });
check("of RoIs", {
  labels: labels(2 * 2003, 3),
  images: 2,
  options: { ...RPN, batchSize: 512, positiveFraction: 0.25, stream: 1 },
});
check("with few of either", { labels: labels(3 * 50, 4), images: 3, options: RPN });
check("of positives alone", { labels: new Int32Array(300).fill(2), images: 1, options: RPN });
check("of negatives alone", { labels: new Int32Array(300), images: 1, options: RPN });
check("of ignored alone", { labels: new Int32Array(300).fill(-1), images: 1, options: RPN });
check("of one label", { labels: [1], images: 1, options: RPN });
check("of no labels", { labels: [], images: 1, options: RPN });
check("of no images", { labels: [], images: 0, options: RPN });
check("with a fraction that rounds down", {
  labels: labels(200, 2),
  images: 1,
  options: { ...RPN, batchSize: 15, positiveFraction: 0.25 },
});
check("with neither share of positives nor large seeds", {
  labels: labels(200, 2),
  images: 1,
  options: { ...RPN, positiveFraction: 0, seed: 2 ** 32 - 1, iteration: 2 ** 31, batchSize: 9 },
});
check("of all anchors", { labels: labels(270_000, 1000), images: 1, options: RPN });

Deno.test("sampleLabels: any labels equal the original's rule", async () => {
  const cases = fc.record({
    labels: fc.array(fc.constantFrom(-1, 0, 1, 5), { maxLength: 40 }),
    options: fc.record({
      batchSize: fc.integer({ min: 1, max: 30 }),
      positiveFraction: fc.constantFrom(0, 0.25, 0.5, 1),
      seed: fc.nat(),
      iteration: fc.nat(),
      stream: fc.nat(3),
      mode: fc.constantFrom("random" as const, "first" as const),
    }),
  });
  await fc.assert(fc.asyncProperty(cases, async ({ labels, options }) => {
    const actual = await onCpu(call(labels, 1, options));
    sampled(labels, 1, options).forEach((values, i) => sameNumbers(actual[i]!, values, `${i}`));
  }));
});

Deno.test("sampleLabels: iterations, streams, seeds and images draw differently, repeats alike", async () => {
  const same = new Int32Array(2 * 1000);
  const draw = async (change: Partial<SampleOptions>) => {
    const [indices] = await onCpu(call(same, 2, { ...RPN, batchSize: 32, ...change }));
    return [indices!.slice(0, 32).join(), indices!.slice(32).join()];
  };
  const draws = [
    ...await draw({}),
    ...await draw({ iteration: 18 }),
    ...await draw({ stream: 1 }),
    ...await draw({ seed: 4 }),
  ];
  assert.equal(new Set(draws).size, draws.length);
  assert.deepEqual(await draw({}), draws.slice(0, 2));
});

Deno.test("sampleLabels: every index is drawn about equally often", async () => {
  const drawn = new Array<number>(64).fill(0);
  for (let iteration = 0; iteration < 400; iteration++) {
    const options = { ...RPN, batchSize: 16, iteration };
    const [indices] = await onCpu(call(new Int32Array(64), 1, options));
    for (const index of indices!) drawn[index]!++;
  }
  // 100 expected of each, with a standard deviation below 9.
  for (const count of drawn) assert.ok(count > 60 && count < 140, `${drawn}`);
});

onDevices("sampleLabels by names draws the same named rows in any order", async (device) => {
  const length = 300, draws = 40;
  const order = Array.from({ length }, (_, i) => i);
  const next = random(9);
  for (let i = length - 1; i > 0; i--) {
    const j = next.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const draw = async (rowOf: (name: number) => number) => {
    // Row rowOf(name) holds the name and its label; every fifth is positive.
    const names = new Int32Array(length), labels = new Int32Array(length);
    for (let name = 0; name < length; name++) {
      names[rowOf(name)] = name - 7;
      labels[rowOf(name)] = name % 5 === 0 ? 1 : 0;
    }
    const { indices } = scope(() =>
      sampleLabels(fromArray(device, [1, length], labels), {
        ...RPN,
        batchSize: draws,
        names: fromArray(device, [1, length], names),
      })
    );
    const drawn = [...await indices.readInts()].map((row) => names[row]!);
    indices.release();
    return drawn.sort((a, b) => a - b);
  };
  const inOrder = await draw((name) => name);
  assert.equal(new Set(inOrder).size, draws);
  assert.deepEqual(await draw((name) => order[name]!), inOrder);
});
