import { empty, fromArray, launch } from "../../../core/runtime/mod.ts";
import { columnSums, columnSumsKernel } from "../../../kernels/_shared/column_sums.ts";
import assert from "node:assert/strict";
import { asGpu } from "../../_support/check_exact.ts";
import { checkOp, floats, relativeError } from "../../_support/check_op.ts";
import { onDevices, SPLIT_TARGET, TARGETS } from "../../_support/devices.ts";

/** Rows and columns: vectors of four and not, more rows than are summed at once, one row, none. */
for (const [rows, columns] of [[1030, 12], [7, 3], [261, 5], [1, 36], [0, 4]] as const) {
  checkOp({
    name: `columnSums of ${rows}×${columns}`,
    inputs: { x: floats([rows, columns], { offset: 0.3 }) },
    run: ({ x }) => columnSums(x!, [columns]),
    targets: [...TARGETS, SPLIT_TARGET],
  });
}

onDevices("columnSums() of many equal rows loses nothing to rounding", async (device) => {
  const rows = 100_000;
  const x = fromArray(device, [rows, 4], new Float32Array(4 * rows).fill(0.1));
  const sums = columnSums(x, [4]);
  for (const sum of await sums.readFloats()) assert.ok(Math.abs(sum / (rows * 0.1) - 1) < 3e-6);
  sums.release();
  x.release();
});

for (const columns of [4, 3]) {
  onDevices(`column_sums in three splits of ${columns} columns`, async (device) => {
    const data = Float32Array.from({ length: 10 * columns }, (_, i) => Math.sin(i));
    const expected = new Float64Array(columns);
    data.forEach((value, i) => expected[i % columns]! += value);
    // As a software adapter adds, and as a GPU does.
    for (const adapter of [device, asGpu(device)]) {
      const x = fromArray(adapter, [10, columns], data), out = empty(adapter, [3, columns]);
      launch(columnSumsKernel, { x, out }, { rows: 10, columns, splits: 3 });
      // The splits' sums add up to the whole: on the CPU device there is one split, in row 0.
      const parts = await out.readFloats(), whole = new Float64Array(columns);
      const splits = device.info.kind === "cpu" ? 1 : 3;
      parts.slice(0, splits * columns).forEach((part, i) => whole[i % columns]! += part);
      assert.ok(relativeError(whole, expected).error < 1e-6);
      x.release();
      out.release();
    }
  }, TARGETS);
}
