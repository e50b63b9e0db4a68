import assert from "node:assert/strict";
import { empty, fromArray, scope } from "../../core/runtime/mod.ts";
import { gatherRows } from "../../kernels/gather_rows/mod.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

for (
  const [shape, picked] of [[[1, 1], 1], [[2, 90, 4], 37], [[3, 5, 2, 3], 8], [[2, 4, 4], 0], [
    [2, 0],
    3,
  ]] as const
) {
  const next = random(picked);
  const [images, rows] = shape;
  const values = floats(shape);
  const indices = ints(
    [images, picked],
    Array.from({ length: images * picked }, () => next.integer(rows + 1) - 1),
  );
  const run = (fill: number) => (tensors: Record<string, Parameters<typeof gatherRows>[0]>) =>
    gatherRows(tensors.values!, tensors.indices!, { fill });
  checkOp({
    name: `gatherRows f32 ${shape.join("×")}, ${picked} rows`,
    inputs: { values, indices },
    run: run(-2.5),
  });
  checkOp({
    name: `gatherRows i32 ${shape.join("×")}, ${picked} rows`,
    inputs: { values: ints(shape, Array.from(values.data, (x) => Math.round(x * 1e8))), indices },
    run: run(-1),
  });
}

onDevices(
  "gatherRows() takes rows in the order of the indices and fills padding",
  async (device) => {
    const gathered = scope(() => {
      const values = fromArray(
        device,
        [2, 3, 2],
        new Float32Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
      );
      const indices = fromArray(device, [2, 3], new Int32Array([2, 0, -1, 1, 1, 0]));
      const labels = fromArray(device, [2, 3], new Int32Array([5, 6, 7, 8, 9, 2 ** 30 + 1]));
      const last = fromArray(device, [2, 1], new Int32Array([-1, 2]));
      return [gatherRows(values, indices), gatherRows(labels, last, { fill: -1 })] as const;
    });
    assert.deepEqual([...await gathered[0].readFloats()], [4, 5, 0, 1, 0, 0, 8, 9, 8, 9, 6, 7]);
    assert.deepEqual([...await gathered[1].readInts()], [-1, 2 ** 30 + 1]);
    for (const tensor of gathered) tensor.release();
  },
);

Deno.test("gatherRows() refuses shapes and dtypes that do not fit", () => {
  scope(() => {
    const values = empty(reference, [2, 3]), indices = empty(reference, [1, 3], "i32");
    assert.throws(() => gatherRows(values, indices), RangeError);
    const unsigned = empty(reference, [1, 3], "u32");
    assert.throws(() => gatherRows(unsigned, indices), TypeError);
  });
});
