import assert from "node:assert/strict";
import { backwardFrom, fromArray, record, type Tensor } from "../../core/runtime/mod.ts";
import { convElements, shapeOf, spread } from "../../bench/conv_reference.ts";
import type { ConvGeometry, Pass } from "../../bench/peers/protocol.ts";
import { geometryOf, type Window } from "../../kernels/conv2d/extents/geometry.ts";
import { conv2d } from "../../kernels/mod.ts";
import { floats, relativeError, valuesOf } from "../_support/check_op.ts";
import { reference } from "../_support/devices.ts";

const CASES: readonly [readonly number[], readonly number[], Window][] = [
  [[2, 5, 6, 3], [3, 3, 3, 4], { padding: 1 }],
  [[1, 7, 8, 4], [3, 2, 2, 6], { stride: 2, padding: 1, groups: 2 }],
  [[2, 6, 5, 2], [3, 3, 2, 3], { dilation: 2, padding: 2, stride: 1 }],
  [[1, 9, 1, 5], [1, 1, 5, 2], {}],
];

/** All results of the host code in float64. */
async function computed(
  arrays: Readonly<Record<"x" | "weight" | "dOut", ArrayLike<number>>>,
  g: ConvGeometry,
): Promise<Record<Pass, ArrayLike<number>>> {
  const make = (data: ArrayLike<number>, shape: readonly number[]) =>
    fromArray(reference, shape, Float32Array.from(data));
  const x = make(arrays.x, [g.n, g.h, g.w, g.c]);
  const weight = make(arrays.weight, [g.kh, g.kw, g.c / g.groups, g.o]);
  x.requiresGrad = weight.requiresGrad = true;
  const { result, tape } = record(() => conv2d(x, weight, undefined, g));
  const forward = await valuesOf(result);
  const gradient = make(arrays.dOut, result.shape);
  const gradients = backwardFrom(tape, [{ output: result, gradient }]);
  const of = (tensor: Tensor) => valuesOf(gradients.get(tensor.id)!);
  return { forward, input: await of(x), weight: await of(weight) };
}

for (const [x, weight, window] of CASES) {
  Deno.test(`single elements equal the convolution: ${x} by ${weight}, ${JSON.stringify(window)}`, async () => {
    const geometry = geometryOf(x, weight, window);
    const outShape = shapeOf(geometry, "forward");
    const arrays = {
      x: Float32Array.from(floats(x, { seed: 1 }).data),
      weight: Float32Array.from(floats(weight, { seed: 2 }).data),
      dOut: Float32Array.from(floats(outShape, { seed: 3 }).data),
    };
    const expected = await computed(arrays, geometry);
    for (const pass of ["forward", "input", "weight"] as const) {
      const size = shapeOf(geometry, pass).reduce((a, b) => a * b);
      const actual = convElements(arrays, { geometry, pass }, spread(size, size));
      const { error } = relativeError(actual, expected[pass]);
      assert.ok(error < 1e-12, `${pass} differs by ${error}`);
    }
  });
}

Deno.test("spread() takes both ends, and all where there are few", () => {
  assert.deepEqual(spread(3, 5), [0, 1, 2]);
  assert.deepEqual(spread(101, 5), [0, 25, 50, 75, 100]);
});
