import assert from "node:assert/strict";
import type { Geometry } from "../../../../kernels/conv2d/extents/geometry.ts";
import { backwardWeight, forward } from "../../../../kernels/conv2d/host.ts";
import { isNarrow } from "../../../../kernels/conv2d/host/narrow.ts";

/** Numbers between −1 and 1, multiples of 1/8. */
function numbers(size: number, seed: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => ((i * 29 + seed) % 17 - 8) / 8);
}

// A first layer of two images whose columns take several blocks; an even run without padding; an odd one of windows one pixel
// apart; one wide padding.
const cases: Geometry[] = [
  { ...{ n: 2, h: 168, w: 167, c: 3, o: 2 }, ...{ kh: 7, kw: 7, stride: 2, padding: 3 } },
  { ...{ n: 1, h: 9, w: 20, c: 4, o: 3 }, ...{ kh: 3, kw: 3, stride: 1, padding: 0 } },
  { ...{ n: 1, h: 8, w: 9, c: 3, o: 2 }, ...{ kh: 3, kw: 3, stride: 1, padding: 1 } },
  { ...{ n: 1, h: 3, w: 2, c: 2, o: 2 }, ...{ kh: 3, kw: 3, stride: 1, padding: 4 } },
].map((g) => ({
  ...g,
  dilation: 1,
  groups: 1,
  ho: Math.floor((g.h + 2 * g.padding - g.kh) / g.stride) + 1,
  wo: Math.floor((g.w + 2 * g.padding - g.kw) / g.stride) + 1,
}));

for (const g of cases) {
  const name = `${g.n}×${g.h}×${g.w}×${g.c}, ${g.kh}×${g.kw} of padding ${g.padding}`;
  Deno.test(`columns by vectors compute what columns in float64 do: ${name}`, () => {
    const x = numbers(g.n * g.h * g.w * g.c, 1), weight = numbers(g.kh * g.kw * g.c * g.o, 2);
    const outSize = g.n * g.ho * g.wo * g.o, bias = numbers(g.o, 3);
    const params = { ...g, hasBias: true, relu: true };
    const run = (single: boolean) => {
      const as = (a: Float64Array) => single ? new Float32Array(a) : a;
      const out = as(new Float64Array(outSize)), dWeight = as(new Float64Array(weight.length));
      assert.equal(isNarrow(g, out), single);
      forward({ x: as(x), weight: as(weight), bias: as(bias), out }, params);
      backwardWeight({ x: as(x), dOut: as(numbers(outSize, 4)), dWeight }, g);
      return { out, dWeight };
    };
    const single = run(true), double = run(false);
    // Sums of products of eighths are exact in float32 as long as they stay below 2¹⁸.
    assert.deepEqual([...single.out], [...double.out]);
    assert.deepEqual([...single.dWeight], [...double.dWeight]);
  });
}
