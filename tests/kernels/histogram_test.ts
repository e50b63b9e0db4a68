import assert from "node:assert/strict";
import { empty, scope, type Tensor } from "../../core/runtime/mod.ts";
import { binEdges, type Bins, histogram } from "../../kernels/histogram/mod.ts";
import { checkExact } from "../_support/check_exact.ts";
import { floats, type Input, ints } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

interface Case {
  readonly values: Input;
  readonly labels: Input;
  readonly names?: Input;
  readonly options: Bins & { leastLabel: 0 | 1 };
}

/** Each bin's values, found by comparing with its edges. */
function byEdges({ values, labels, names, options }: Case): number[] {
  const columns = values.shape[2] ?? 1;
  const edges = binEdges(options), last = options.bins - 1;
  return Array.from({ length: columns * options.bins }, (_, i) => {
    const bin = i % options.bins;
    const from = bin === 0 ? -Infinity : edges[bin]!;
    const to = bin === last ? Infinity : edges[bin + 1]!;
    let found = 0;
    for (let row = 0; row < labels.data.length; row++) {
      const counts = labels.data[row]! >= options.leastLabel && (names?.data[row] ?? 0) >= 0;
      const value = values.data[row * columns + Math.floor(i / options.bins)]!;
      if (counts && Number.isFinite(value) && value >= from && value < to) found++;
    }
    return found;
  });
}

function check(name: string, given: Case): void {
  const { values, labels, names, options } = given;
  checkExact({
    name: `histogram ${name}`,
    inputs: { values, labels, ...(names && { names }) },
    run: ({ values, labels, names }: Record<string, Tensor>) => [
      histogram({ values: values!, labels: labels!, names }, options),
    ],
    expected: () => [byEdges(given)],
  });
}

// Edges are multiples of a power of two, so that a value at an edge is one in float32 too.
const errors = { low: -4, high: 4, bins: 64 };

for (const [images, rows, columns] of [[1, 1, 4], [2, 301, 4], [3, 70, 1], [2, 0, 4]] as const) {
  const next = random(rows + columns);
  const length = images * rows;
  check(`${images}×${rows}×${columns}`, {
    values: floats([images, rows, columns], { seed: rows, scale: 2 }),
    labels: ints([images, rows], Array.from({ length }, () => next.integer(4) - 1)),
    names: ints([images, rows], Array.from({ length }, () => next.integer(5) - 2)),
    options: { ...errors, leastLabel: 1 },
  });
}

check("of one column, edges, both ends and what is not finite", {
  values: floats([1, 9], { data: [0, 0.25, 0.2499, 1, 1.5, -3, NaN, Infinity, -Infinity] }),
  labels: ints([1, 9], new Int32Array(9)),
  options: { low: 0, high: 1, bins: 4, leastLabel: 0 },
});

check("without padding, background and ground truth", {
  values: floats([2, 3], { data: [0.1, 0.1, 0.6, 0.6, 0.6, 0.6] }),
  labels: ints([2, 3], [0, 2, -1, 1, 1, 1]),
  names: ints([2, 3], [5, 6, 7, -1, -2, 0]),
  options: { low: 0, high: 1, bins: 2, leastLabel: 1 },
});

checkExact({
  name: "histogram of known values",
  inputs: {
    values: floats([1, 5], { data: [0.1, 0.4, 0.5, 0.9, 0.9] }),
    labels: ints([1, 5], [0, 1, 2, 3, -1]),
  },
  run: ({ values, labels }) => [
    histogram({ values: values!, labels: labels! }, { low: 0, high: 1, bins: 2, leastLabel: 0 }),
    histogram({ values: values!, labels: labels! }, { low: 0, high: 1, bins: 2, leastLabel: 1 }),
  ],
  expected: () => [[2, 2], [1, 2]],
});

Deno.test("binEdges() go from low to high in round numbers", () => {
  assert.deepEqual(binEdges({ low: 0, high: 1, bins: 10 }), [
    ...[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  ]);
  assert.deepEqual(binEdges({ low: -1, high: 1, bins: 2 }), [-1, 0, 1]);
});

Deno.test("histogram() refuses shapes that do not fit and ranges without bins", () => {
  scope(() => {
    const values = empty(reference, [2, 3, 4]), labels = empty(reference, [2, 3], "i32");
    const options = { low: 0, high: 1, bins: 2, leastLabel: 0 } as const;
    const narrow = empty(reference, [2, 2], "i32"), flat = empty(reference, [6]);
    assert.throws(() => histogram({ values, labels: narrow }, options), RangeError);
    assert.throws(() => histogram({ values, labels, names: narrow }, options), RangeError);
    assert.throws(() => histogram({ values: flat, labels }, options), RangeError);
    for (const wrong of [{ high: 0 }, { bins: 0 }, { bins: 1.5 }, { low: NaN }]) {
      assert.throws(() => histogram({ values, labels }, { ...options, ...wrong }), RangeError);
    }
  });
});
