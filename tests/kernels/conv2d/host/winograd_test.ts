import assert from "node:assert/strict";
import type { FloatArray } from "../../../../core/runtime/mod.ts";
import type { Geometry } from "../../../../kernels/conv2d/extents/geometry.ts";
import { backwardInput, backwardWeight, forward } from "../../../../kernels/conv2d/host.ts";
import {
  forwardShifted,
  inputShifted,
  weightShifted,
} from "../../../../kernels/conv2d/host/shifted.ts";
import { isWinograd } from "../../../../kernels/conv2d/host/winograd/correlation.ts";
import { gridOf } from "../../../../kernels/conv2d/host/winograd/tiles.ts";
import { workspaceOf } from "../../../../kernels/conv2d/host/winograd/workspace.ts";

type Sizes = Pick<Geometry, "n" | "h" | "w" | "c" | "o" | "padding">;

function geometry(sizes: Sizes, window: Partial<Geometry> = {}): Geometry {
  const { h, w, padding } = sizes;
  const plain = { kh: 3, kw: 3, stride: 1, dilation: 1, groups: 1 };
  return { ...sizes, ho: h + 2 * padding - 2, wo: w + 2 * padding - 2, ...plain, ...window };
}

/** Numbers between −1 and 1 without a pattern that tiles could share. */
function numbers(size: number, seed: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: size }, () => {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    return Math.fround(state / 2 ** 31);
  });
}

/** Output and gradients, in the type of `as`'s results. */
function compute(g: Geometry, as: (a: Float64Array) => FloatArray): Record<string, FloatArray> {
  const x = as(numbers(g.n * g.h * g.w * g.c, 1)), weight = as(numbers(9 * g.c * g.o, 2));
  const dOut = as(numbers(g.n * g.ho * g.wo * g.o, 3)), bias = as(numbers(g.o, 4));
  // Results must not depend on what their arrays held.
  const dX = as(new Float64Array(x.length).fill(NaN));
  const dWeight = as(new Float64Array(weight.length).fill(NaN));
  const made: Record<string, FloatArray> = { dX, dWeight };
  for (const [name, hasBias, relu] of finishes(g)) {
    made[name] = as(new Float64Array(dOut.length).fill(NaN));
    forward({ x, weight, bias, out: made[name] }, { ...g, hasBias, relu });
  }
  backwardInput({ dOut, weight, dX }, g);
  backwardWeight({ x, dOut, dWeight }, g);
  return made;
}

/** All of them where sums as written take little time, else the one with everything. */
function finishes(g: Geometry): [name: string, hasBias: boolean, relu: boolean][] {
  const all: [string, boolean, boolean][] = [
    ["biased and rectified", true, true],
    ["biased", true, false],
    ["rectified", false, true],
    ["plain", false, false],
  ];
  return g.n * g.h * g.w * g.c * g.o < 1e7 ? all : all.slice(0, 1);
}

function largestDifference(a: FloatArray, b: FloatArray): number {
  let largest = 0, scale = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
    scale = Math.max(scale, Math.abs(b[i]!));
  }
  return largest / scale;
}

// Tiles that end with the map, or beyond it by one to three; several images; no room between image and tile where the
// padding is 0, and outputs beyond the image where it is 2; several bands; several blocks of filters.
const cases: Sizes[] = [
  { n: 1, h: 24, w: 16, c: 32, o: 36, padding: 1 },
  { n: 3, h: 13, w: 11, c: 36, o: 32, padding: 1 },
  { n: 2, h: 18, w: 19, c: 40, o: 32, padding: 0 },
  { n: 2, h: 14, w: 17, c: 32, o: 44, padding: 2 },
  { n: 3, h: 67, w: 159, c: 32, o: 32, padding: 1 },
  { n: 1, h: 33, w: 30, c: 128, o: 520, padding: 1 },
];

for (const sizes of cases) {
  const { n, h, w, c, o, padding } = sizes;
  Deno.test(`Winograd computes what sums do: ${n}×${h}×${w}×${c} → ${o}, padding ${padding}`, () => {
    const g = geometry(sizes);
    assert.ok(isWinograd(g, new Float32Array()));
    const single = compute(g, (a) => new Float32Array(a)), double = compute(g, (a) => a);
    for (const name in double) {
      const difference = largestDifference(single[name]!, double[name]!);
      assert.ok(difference < 1e-5, `${name} differs by ${difference} of the largest`);
    }
    // The same bits in every run, whatever the memory holds by now.
    const again = compute(g, (a) => new Float32Array(a));
    for (const name in single) assert.deepEqual(again[name], single[name]);
  });
}

Deno.test("Winograd of more filters than tiles computes what shifted products do, in one band", () => {
  const g = geometry({ n: 2, h: 25, w: 42, c: 512, o: 512, padding: 1 });
  const x = new Float32Array(numbers(g.n * g.h * g.w * g.c, 1));
  const weight = new Float32Array(numbers(9 * g.c * g.o, 2));
  const dOut = new Float32Array(numbers(g.n * g.ho * g.wo * g.o, 3));
  assert.ok(isWinograd(g, x));
  const empty = () => ({
    out: new Float32Array(dOut.length),
    dX: new Float32Array(x.length),
    dWeight: new Float32Array(weight.length),
  });
  const made = empty(), expected = empty();
  forward({ x, weight, bias: weight, out: made.out }, { ...g, hasBias: false, relu: false });
  backwardInput({ dOut, weight, dX: made.dX }, g);
  backwardWeight({ x, dOut, dWeight: made.dWeight }, g);
  forwardShifted({ x, weight, out: expected.out }, g, () => {});
  inputShifted({ dOut, weight, dX: expected.dX }, g);
  weightShifted({ x, dOut, dWeight: expected.dWeight }, g);
  for (const name of ["out", "dX", "dWeight"] as const) {
    const difference = largestDifference(made[name], expected[name]);
    assert.ok(difference < 1e-5, `${name} differs by ${difference} of the largest`);
  }
});

Deno.test("Winograd takes as many bands as need the least memory", () => {
  const choice = (n: number, h: number, w: number, channels: number) => {
    const sizes = { source: channels, target: channels, cut: "target" } as const;
    const { bands, block, at } = workspaceOf(gridOf(n, { h, w }), sizes);
    const end = Math.max(...Object.values(at));
    return { bands: bands.length, isCut: block < channels, fits: end < 11 * 2 ** 20 };
  };
  assert.deepEqual(
    choice(2, 100, 168, 128),
    { bands: 5, isCut: false, fits: true },
    "many tiles",
  );
  assert.deepEqual(
    choice(1, 25, 42, 512),
    { bands: 1, isCut: true, fits: true },
    "many filters",
  );
  assert.deepEqual(
    choice(2, 25, 42, 512),
    { bands: 1, isCut: true, fits: true },
    "more tiles than a band's, but fewer than the filters that bands would need",
  );
});

Deno.test("Winograd is for float32, 3×3, stride 1, whole vectors of channels, and maps that are worth it", () => {
  const sizes = { n: 2, h: 24, w: 24, c: 64, o: 64, padding: 1 };
  const single = new Float32Array();
  assert.ok(isWinograd(geometry(sizes), single));
  assert.ok(!isWinograd(geometry(sizes), new Float64Array()));
  for (const other of [{ kh: 1 }, { kw: 5 }, { stride: 2 }, { dilation: 2 }, { groups: 2 }]) {
    assert.ok(!isWinograd(geometry(sizes, other), single));
  }
  for (const other of [{ padding: 3 }, { c: 62 }, { o: 63 }, { c: 16 }, { o: 16 }, { n: 0 }]) {
    assert.ok(!isWinograd(geometry({ ...sizes, ...other }), single));
  }
  assert.ok(!isWinograd(geometry({ ...sizes, n: 1, h: 12, w: 12 }), single), "few tiles");
  assert.ok(!isWinograd(geometry({ ...sizes, n: 1, c: 512, o: 512 }), single), "large filters");
  assert.ok(!isWinograd(geometry({ ...sizes, w: 4000, c: 512 }), single), "more than a band");
});
