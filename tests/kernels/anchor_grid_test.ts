import assert from "node:assert/strict";
import { cellAnchors } from "../../core/detection/anchors.ts";
import { anchorGrid } from "../../kernels/anchor_grid/mod.ts";
import { onDevices, reference } from "../_support/devices.ts";

onDevices("anchorGrid() orders by level, row, column, cell anchor", async (device) => {
  const anchors = anchorGrid(device, {
    cells: [new Float32Array([0, 0, 3, 3, -1, -2, 4, 5]), new Float32Array([0.5, 1.5, 6, 7])],
    levels: [{ height: 2, width: 3, stride: 4 }, { height: 1, width: 2, stride: 8 }],
  });
  assert.deepEqual(anchors.shape, [14, 4]);
  const rows: number[][] = [];
  for (const y of [0, 4]) {
    for (const x of [0, 4, 8]) rows.push([x, y, x + 3, y + 3], [x - 1, y - 2, x + 4, y + 5]);
  }
  rows.push([0.5, 1.5, 6, 7], [8.5, 1.5, 14, 7]);
  assert.deepEqual([...await anchors.readFloats()], rows.flat());
  anchors.release();
});

onDevices("anchorGrid() spaces rows and columns apart where they differ", async (device) => {
  const anchors = anchorGrid(device, {
    cells: [new Float32Array([-1, -2, 1, 2])],
    levels: [{ height: 2, width: 2, stride: 64, strideY: 61 }],
  });
  const corners = [[0, 0], [64, 0], [0, 61], [64, 61]] as const;
  const expected = corners.flatMap(([x, y]) => [x - 1, y - 2, x + 1, y + 2]);
  assert.deepEqual([...await anchors.readFloats()], expected);
  anchors.release();
});

onDevices(
  "anchorGrid() works without levels, without positions and leaves no memory",
  async (device) => {
    const before = device.memory().liveBytes;
    anchorGrid(device, { cells: [], levels: [] }).release();
    const cells = [cellAnchors(4, [32], { ratios: [0.5, 1, 2] })];
    const none = anchorGrid(device, { cells, levels: [{ height: 0, width: 5, stride: 4 }] });
    assert.deepEqual(none.shape, [0, 4]);
    assert.equal((await none.read()).length, 0);
    none.release();
    assert.equal(device.memory().liveBytes, before);
  },
);

onDevices(
  "anchorGrid() gives the same anchors of a real pyramid on every device",
  async (device) => {
    const strides = [4, 8, 16, 32, 64];
    const grid = {
      cells: strides.map((stride) => cellAnchors(stride, [stride * 8], { ratios: [0.5, 1, 2] })),
      levels: strides.map((stride) => ({
        height: Math.ceil(96 / stride),
        width: Math.ceil(160 / stride),
        stride,
      })),
    };
    const ours = anchorGrid(device, grid), expected = anchorGrid(reference, grid);
    assert.deepEqual(await ours.readFloats(), await expected.readFloats());
    for (const tensor of [ours, expected]) tensor.release();
  },
);

Deno.test("anchorGrid() refuses levels without cell anchors", () => {
  assert.throws(
    () => anchorGrid(reference, { cells: [], levels: [{ height: 1, width: 1, stride: 4 }] }),
    RangeError,
  );
  assert.throws(
    () =>
      anchorGrid(reference, {
        cells: [new Float32Array(5)],
        levels: [{ height: 1, width: 1, stride: 4 }],
      }),
    RangeError,
  );
});
