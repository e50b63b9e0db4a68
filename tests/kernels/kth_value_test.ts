import assert from "node:assert/strict";
import * as fc from "fast-check";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { kthValue } from "../../kernels/kth_value/mod.ts";
import { checkExact, onCpu, sameNumbers } from "../_support/check_exact.ts";
import { floats, ints } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

interface Case {
  /** Values of each image. */
  readonly rows: readonly ArrayLike<number>[];
  readonly counts: readonly number[];
  readonly k: number;
}

/** By a sort of the valid values; NaN last. */
function sortedKth({ rows, counts, k }: Case, largest: boolean): number {
  const valid = rows.flatMap((row, image) => Array.from(row).slice(0, counts[image]));
  const numbers = valid.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (largest) numbers.reverse();
  if (valid.length === 0) return 0;
  return numbers[Math.min(k, valid.length) - 1] ?? NaN;
}

function call({ rows, counts, k }: Case, largest: boolean) {
  const shape = [rows.length, rows[0]?.length ?? 0];
  const data = rows.flatMap((row) => Array.from(row));
  return {
    inputs: { values: floats(shape, { data }), counts: ints([rows.length], counts) },
    run: ({ values, counts }: Record<string, Tensor>) => [
      kthValue({ values: values!, counts: counts! }, { k, largest }),
    ],
  };
}

function check(name: string, kthCase: Case): void {
  for (const largest of [true, false]) {
    checkExact({
      name: `kthValue ${name}, ${largest ? "largest" : "smallest"}`,
      ...call(kthCase, largest),
      expected: () => [[sortedKth(kthCase, largest)]],
    });
  }
}

const next = random(2);

function normals(length: number): Float32Array {
  return Float32Array.from({ length }, () => next.normal());
}

check("of 2 × 2000 proposals", {
  rows: [normals(2003), normals(2003)],
  counts: [2003, 1500],
  k: 150,
});
check("of unequal counts", { rows: [normals(9), normals(9), normals(9)], counts: [0, 9, 4], k: 5 });
check("beyond the last", { rows: [normals(9), normals(9)], counts: [2, 3], k: 6 });
check("of one", { rows: [[-0.25]], counts: [1], k: 1 });
check("of none valid", { rows: [normals(5), normals(5)], counts: [0, 0], k: 2 });
check("of no values", { rows: [[]], counts: [0], k: 2 });
check("of no images", { rows: [], counts: [], k: 2 });
check("of zeros", { rows: [new Float32Array(70)], counts: [70], k: 20 });
check("of ties, negative and tiny", {
  rows: [Float32Array.of(-2, -2, 1e-40, -1e-40, 0, -0, -2, 3e38, -3e38, Infinity)],
  counts: [10],
  k: 3,
});
check("with NaN before the end", { rows: [[NaN, 3, NaN, 1]], counts: [4], k: 2 });
check("with NaN at the end", { rows: [[NaN, 3, NaN, 1]], counts: [4], k: 3 });

checkExact({
  name: "kthValue of each image, averaged over those that have one",
  inputs: {
    values: floats([3, 4], { data: [4, 1, 3, 2, 9, 9, 9, 9, 0.5, 8, 7, 6] }),
    counts: ints([3], [4, 0, 3]),
  },
  run: ({ values, counts }) => [
    kthValue({ values: values!, counts: counts! }, { k: 2, largest: true, perImage: true }),
    kthValue({ values: values!, counts: counts! }, { k: 9, largest: true, perImage: true }),
  ],
  expected: () => [[(3 + 7) / 2], [(1 + 0.5) / 2]],
});

checkExact({
  name: "kthValue of what has a label",
  inputs: {
    values: floats([2, 3], { data: [4, 1, 3, 2, -9, 0] }),
    labels: ints([2, 3], [1, 0, 80, -1, -1, 2]),
  },
  run: ({ values, labels }) => [
    kthValue({ values: values!, labels: labels! }, { k: 1, largest: false }),
    kthValue({ values: values!, labels: labels! }, { k: 2, largest: false }),
  ],
  expected: () => [[0], [3]],
});

Deno.test("kthValue: any values equal a sort", async () => {
  const value = fc.oneof(fc.float(), fc.constantFrom(0, -0, 1));
  const cases = fc.record({
    values: fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 30 }),
    counts: fc.tuple(fc.nat(30), fc.nat(30)),
    k: fc.integer({ min: 1, max: 70 }),
    largest: fc.boolean(),
  });
  await fc.assert(fc.asyncProperty(cases, async ({ values, counts, k, largest }) => {
    const rows = [values.map(([a]) => a), values.map(([, b]) => b)];
    const kthCase = { rows, counts: counts.map((count) => Math.min(count, values.length)), k };
    const [actual] = await onCpu(call(kthCase, largest));
    sameNumbers(actual!, [sortedKth(kthCase, largest)], "value");
  }));
});

Deno.test("kthValue refuses k below 1", () => {
  scope(() => {
    const values = fromArray(reference, [1, 1], new Float32Array(1));
    const counts = fromArray(reference, [1], Int32Array.of(1));
    assert.throws(() => kthValue({ values, counts }, { k: 0, largest: true }), /at least 1/);
  });
});
