import assert from "node:assert/strict";
import { takeBlock } from "../../../../../core/runtime/cpu/heap.ts";
import { lanes, suitsVectors, vectorLoop } from "../../../../../core/runtime/mod.ts";

const { add, constant, multiply, relu, subtract, wherePositive } = lanes;

const everyOperation = vectorLoop({
  streams: ["x", "gate"],
  tables: ["scale"],
  outputs: ({ x, gate, scale }) => ({
    out: subtract(relu(multiply(x, scale)), wherePositive(add(x, constant(2)), gate)),
  }),
  sums: ({ x, gate }) => ({ total: x, products: multiply(x, gate) }),
});

/** Numbers between −1 and 1, multiples of 1/64 so that float32 adds them up exactly. */
function numbers(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => ((i * 37 + seed * 11) % 129 - 64) / 64);
}

/** The numbers in the heap, as tensors are. */
function inHeap(values: Float32Array): Float32Array {
  const { buffer, at } = takeBlock(values.byteLength);
  const array = new Float32Array(buffer, at, values.length);
  array.set(values);
  return array;
}

const elsewhere = (values: Float32Array) => values;
const PLACES: Record<string, (typeof elsewhere)[]> = {
  "in the heap": [inHeap, inHeap, inHeap],
  "outside of the heap": [elsewhere, elsewhere, elsewhere],
  "in both places": [elsewhere, inHeap, elsewhere],
};

// One element, a tail, blocks without a rest, one block a period, more blocks than a sum in float32 takes.
const EXTENTS = [[1, 1], [67, 5], [4096, 16], [9001, 13], [3 * 4096, 4096], [140001, 3], [
  9000,
  18,
]];

for (const [size, period] of EXTENTS) {
  for (const [where, [first, second, third]] of Object.entries(PLACES)) {
    Deno.test(`a vector loop over ${size} elements of period ${period} ${where} computes what a plain one does`, () => {
      const start = 3, end = start + size!;
      const x = first!(numbers(end, 1)),
        gate = second!(numbers(end, 2)),
        scale = numbers(2 * period!, 3);
      const out = third!(new Float32Array(end + 2).fill(7));
      const total = new Float64Array(period!).fill(1), products = new Float64Array(period!);
      everyOperation(
        { x, gate, scale, out, total, products },
        { start, end, period: period!, table: period! },
      );
      const expected = new Float32Array(end + 2).fill(7);
      const sums = new Float64Array(period!).fill(1), productSums = new Float64Array(period!);
      for (let i = start; i < end; i++) {
        const c = (i - start) % period!;
        expected[i] = Math.max(0, x[i]! * scale[period! + c]!) - (gate[i]! > 0 ? x[i]! + 2 : 0);
        sums[c]! += x[i]!;
        productSums[c]! += x[i]! * gate[i]!;
      }
      assert.deepEqual(out, expected);
      assert.deepEqual(total, sums);
      assert.deepEqual(products, productSums);
    });
  }
}

Deno.test("an output that is a stream too is replaced, and what follows it sees the new values", () => {
  const loop = vectorLoop({
    streams: ["velocity", "weight"],
    outputs: ({ velocity, weight }) => ({
      velocity: multiply(velocity, constant(0.5)),
      weight: subtract(weight, velocity),
    }),
  });
  const velocity = Float32Array.of(2, 4, 8), weight = Float32Array.of(10, 10, 10);
  loop({ velocity, weight }, { end: 3 });
  assert.deepEqual(velocity, Float32Array.of(1, 2, 4));
  assert.deepEqual(weight, Float32Array.of(9, 8, 6));
});

Deno.test("ReLU in a vector loop hands NaN of either sign on and knows no −0; a mask drops what it hides", () => {
  const loop = vectorLoop({
    streams: ["x"],
    outputs: ({ x }) => ({ out: relu(x), masked: wherePositive(constant(NaN), x) }),
  });
  const negative = new Float32Array(Uint32Array.of(0xffc00000).buffer)[0]!;
  const x = Float32Array.of(NaN, negative, -0, -Infinity, Infinity);
  const out = new Float32Array(5), masked = new Float32Array(5);
  loop({ x, out, masked }, { end: 5 });
  assert.deepEqual([...out], [NaN, NaN, 0, 0, Infinity]);
  assert.deepEqual([...masked], [0, 0, 0, 0, NaN]);
});

Deno.test("vectors suit float32 alone, where there are many elements and the period fits", () => {
  const single = new Float32Array(1), double = new Float64Array(1);
  assert.ok(suitsVectors({ a: single, b: single }, { size: 1e4, period: 16 }));
  assert.ok(!suitsVectors({ a: single, b: double }, { size: 1e4 }));
  assert.ok(!suitsVectors({ a: single }, { size: 8 }));
  // Of 4096 elements at most, in whole vectors: 4 periods of 1025 are more, two of 2046 are not.
  const fits = (period: number) => suitsVectors({ a: single }, { size: 1e6, period });
  assert.deepEqual([4096, 4100, 2046, 1025, 1023].map(fits), [true, false, true, false, true]);
});

Deno.test("a loop over more arrays than there is room for is refused", () => {
  const streams = Array.from({ length: 20 }, (_, i) => `x${i}`);
  const loop = vectorLoop({ streams });
  const arrays = Object.fromEntries(streams.map((name) => [name, new Float32Array(4)]));
  assert.throws(() => loop(arrays, { end: 4 }), /at most 12 arrays/);
});
