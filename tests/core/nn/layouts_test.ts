import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Layout, memoryShape, toCanonical, toMemory } from "../../../core/nn/layouts.ts";
import { sizeOf } from "../../../core/runtime/mod.ts";

function counting(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, (_, i) => i);
}

Deno.test("conv: [O, I, kh, kw] lies as [kh, kw, I, O]", () => {
  const [o, i, kh, kw] = [2, 3, 2, 4];
  const layout: Layout = { kind: "conv" };
  assert.deepEqual(memoryShape([o, i, kh, kw], layout), [kh, kw, i, o]);
  const memory = toMemory(counting(o * i * kh * kw), [o, i, kh, kw], layout);
  for (let a = 0; a < o; a++) {
    for (let b = 0; b < i; b++) {
      for (let y = 0; y < kh; y++) {
        for (let x = 0; x < kw; x++) {
          const canonical = ((a * i + b) * kh + y) * kw + x;
          assert.equal(memory[((y * kw + x) * i + b) * o + a], canonical);
        }
      }
    }
  }
});

Deno.test("linear: [out, in] lies transposed", () => {
  assert.deepEqual(memoryShape([2, 3], { kind: "linear" }), [3, 2]);
  assert.deepEqual([...toMemory(counting(6), [2, 3], { kind: "linear" })], [0, 3, 1, 4, 2, 5]);
});

Deno.test("pooled_linear: inputs of a flattened NCHW map lie in NHWC order", () => {
  // 2 outputs; 3 channels of 4 positions.
  const layout: Layout = { kind: "pooled_linear", positions: 4 };
  assert.deepEqual(memoryShape([2, 12], layout), [12, 2]);
  const memory = toMemory(counting(24), [2, 12], layout);
  for (let out = 0; out < 2; out++) {
    for (let channel = 0; channel < 3; channel++) {
      for (let position = 0; position < 4; position++) {
        const canonical = out * 12 + channel * 4 + position;
        assert.equal(memory[(position * 3 + channel) * 2 + out], canonical);
      }
    }
  }
});

Deno.test("pooled_linear of one position is linear", () => {
  const data = counting(15);
  assert.deepEqual(
    toMemory(data, [3, 5], { kind: "pooled_linear", positions: 1 }),
    toMemory(data, [3, 5], { kind: "linear" }),
  );
});

Deno.test("plain: shape and numbers stay", () => {
  assert.deepEqual(memoryShape([5], { kind: "plain" }), [5]);
  assert.deepEqual([...toMemory(counting(5), [5], { kind: "plain" })], [0, 1, 2, 3, 4]);
  assert.deepEqual([...toCanonical(counting(5), [5], { kind: "plain" })], [0, 1, 2, 3, 4]);
});

Deno.test("toCanonical() undoes toMemory() for any shape, and neither changes its input", () => {
  const extent = fc.integer({ min: 1, max: 5 });
  const cases = fc.oneof(
    fc.tuple(extent, extent, extent, extent).map((shape) => ({
      shape: [...shape],
      layout: { kind: "conv" } satisfies Layout,
    })),
    fc.tuple(extent, extent).map((shape) => ({
      shape: [...shape],
      layout: { kind: "linear" } satisfies Layout,
    })),
    fc.tuple(extent, extent, extent).map(([out, channels, positions]) => ({
      shape: [out, channels * positions],
      layout: { kind: "pooled_linear", positions } satisfies Layout,
    })),
  );
  fc.assert(fc.property(cases, ({ shape, layout }) => {
    const data = counting(sizeOf(shape));
    const memory = toMemory(data, shape, layout);
    assert.deepEqual(toCanonical(memory, shape, layout), data);
    assert.deepEqual(data, counting(data.length));
    assert.deepEqual([...memory].sort((a, b) => a - b), [...data]);
  }));
});
