import assert from "node:assert/strict";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { conv2d, packLevels } from "../../kernels/mod.ts";
import { asGpu } from "../_support/check_exact.ts";
import { checkOp, checkTarget, floats, type OpCase } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

/** Extents of levels, and of the canvas that they take. */
const CASES: [string, number[][], number[]][] = [
  ["a pyramid", [[2, 8, 12, 8], [2, 4, 6, 8], [2, 2, 3, 8], [2, 1, 2, 8]], [2, 9, 19, 8]],
  ["an odd number of channels", [[2, 9, 5, 3], [2, 5, 3, 3], [2, 3, 2, 3]], [2, 9, 9, 3]],
  ["one level", [[1, 3, 5, 4]], [1, 3, 5, 4]],
  ["pixels", [[3, 1, 1, 4], [3, 1, 1, 4], [3, 1, 1, 4]], [3, 3, 3, 4]],
  ["a second level that is larger", [[2, 2, 3, 5], [2, 6, 40, 5]], [2, 6, 44, 5]],
  ["no images", [[0, 4, 4, 4], [0, 2, 2, 4]], [0, 4, 7, 4]],
];

for (const [name, shapes, canvas] of CASES) {
  const names = shapes.map((_, l) => `p${l}`);
  const op: OpCase = {
    name: `packLevels of ${name}`,
    inputs: Object.fromEntries(shapes.map((shape, l) => [`p${l}`, floats(shape, { seed: l + 1 })])),
    run: (levels) => {
      const { map } = packLevels(names.map((name) => levels[name]!));
      assert.deepEqual(map.shape, canvas);
      return map;
    },
    gradients: names,
    targets: [...TARGETS, SPLIT_TARGET],
  };
  checkOp(op);
  onDevices(
    `packLevels of ${name}, with a GPU's workgroups`,
    (device) => checkTarget(op, asGpu(device), SPLIT_TARGET),
    [SPLIT_TARGET],
  );
}

onDevices("packLevels puts zeros between levels, and tells where they are", async (device) => {
  const level = (height: number, width: number, value: number) =>
    fromArray(device, [1, height, width, 1], new Float32Array(height * width).fill(value));
  const { map, areas } = scope(() => {
    const { map, areas } = packLevels([level(4, 3, 1), level(2, 2, 2), level(1, 1, 3)]);
    return { map, areas };
  });
  assert.deepEqual(map.shape, [1, 4, 6, 1]);
  assert.deepEqual([...await map.readFloats()], [
    ...[1, 1, 1, 0, 2, 2],
    ...[1, 1, 1, 0, 2, 2],
    ...[1, 1, 1, 0, 0, 0],
    ...[1, 1, 1, 0, 3, 0],
  ]);
  assert.deepEqual(areas, [
    { top: 0, left: 0, height: 4, width: 3 },
    { top: 0, left: 4, height: 2, width: 2 },
    { top: 3, left: 4, height: 1, width: 1 },
  ]);
  map.release();
});

Deno.test("a 3×3 convolution of packed levels is that of each", () => {
  scope(() => {
    const tensor = ({ shape, data }: ReturnType<typeof floats>): Tensor =>
      fromArray(reference, shape, Float32Array.from(data));
    const levels = [[1, 5, 6, 2], [1, 3, 3, 2], [1, 1, 2, 2]].map((shape, l) =>
      tensor(floats(shape, { seed: l + 1 }))
    );
    const weight = tensor(floats([3, 3, 2, 1], { seed: 9 }));
    const { map, areas } = packLevels(levels);
    const packed = conv2d(map, weight, undefined, { padding: 1 });
    const all = reference.floats(packed.slot), width = packed.shape[2]!;
    levels.forEach((level, l) => {
      const alone = conv2d(level, weight, undefined, { padding: 1 });
      const area = areas[l]!;
      reference.floats(alone.slot).forEach((value, i) => {
        const y = area.top + Math.floor(i / area.width), x = area.left + i % area.width;
        assert.ok(Math.abs(all[y * width + x]! - value) < 1e-12, `level ${l}, pixel ${i}`);
      });
    });
  });
});

Deno.test("packLevels refuses levels that do not fit", () => {
  scope(() => {
    const a = fromArray(reference, [1, 1, 1, 6], new Float32Array(6));
    const b = fromArray(reference, [1, 1, 2, 3], new Float32Array(6));
    assert.throws(() => packLevels([a, b]), /1×1×2×3 as it must be \[1, H, W, 6\]/);
    assert.throws(() => packLevels([]), /1 to 4: there are 0/);
    assert.throws(() => packLevels([a, a, a, a, a]), /1 to 4: there are 5/);
  });
});
