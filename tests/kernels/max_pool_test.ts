import assert from "node:assert/strict";
import { takeBlock } from "../../core/runtime/cpu/heap.ts";
import {
  backwardFrom,
  type FloatArray,
  fromArray,
  record,
  scope,
  windowOutput,
} from "../../core/runtime/mod.ts";
import { backwardX, forward } from "../../kernels/max_pool/host.ts";
import { maxPool } from "../../kernels/max_pool/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

type Window = Record<"kernel" | "stride" | "padding", number>;

const CASES: [number[], Window][] = [
  [[0, 4, 4, 3], { kernel: 3, stride: 2, padding: 1 }],
  [[1, 1, 1, 1], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 7, 5, 3], { kernel: 3, stride: 2, padding: 1 }],
  [[3, 8, 6, 5], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 13, 7, 12], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 25, 9, 3], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 33, 7, 4], { kernel: 1, stride: 2, padding: 0 }],
  [[1, 6, 9, 7], { kernel: 2, stride: 2, padding: 0 }],
  [[1, 29, 5, 6], { kernel: 3, stride: 1, padding: 1 }],
  [[1, 6, 30, 10], { kernel: 1, stride: 2, padding: 0 }],
  [[1, 31, 5, 6], { kernel: 2, stride: 3, padding: 0 }],
  [[2, 35, 10, 16], { kernel: 3, stride: 2, padding: 1 }],
];

/** Large enough for loops over runs: even and odd extents, several bands, rows longer than a run, skipped pixels. */
const LARGE: [[number, number, number, number], Window][] = [
  [[2, 16, 14, 24], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 17, 13, 24], { kernel: 3, stride: 2, padding: 1 }],
  [[1, 67, 34, 64], { kernel: 3, stride: 2, padding: 1 }],
  [[1, 4, 131, 64], { kernel: 3, stride: 2, padding: 1 }],
  [[2, 1, 60, 20], { kernel: 3, stride: 1, padding: 1 }],
  [[2, 34, 1, 44], { kernel: 5, stride: 1, padding: 2 }],
  [[1, 12, 12, 16], { kernel: 2, stride: 1, padding: 1 }],
  [[3, 12, 20, 12], { kernel: 2, stride: 2, padding: 0 }],
  [[2, 30, 30, 20], { kernel: 2, stride: 3, padding: 0 }],
  [[2, 29, 32, 12], { kernel: 1, stride: 2, padding: 0 }],
  [[1, 9, 10, 40], { kernel: 7, stride: 1, padding: 3 }],
];

for (const [shape, window] of CASES) {
  const { kernel, stride, padding } = window;
  checkOp({
    name: `maxPool ${shape.join("×")} ${kernel}/${stride}/${padding}`,
    inputs: { x: floats(shape) },
    run: ({ x }) => maxPool(x!, window),
    gradients: ["x"],
    targets: [...TARGETS, SPLIT_TARGET],
  });
}

for (const [shape, window] of LARGE) {
  const { kernel, stride, padding } = window, size = shape.reduce((a, b) => a * b);
  const name = `maxPool ${shape.join("×")} ${kernel}/${stride}/${padding} with ties, as in float64`;
  Deno.test(name, () => {
    // Few values, so that most windows hold their maximum several times; sums of whole numbers are exact.
    const x = Float64Array.from({ length: size }, (_, i) => (i * 7919) % 257 % 5);
    const spoilt = x.slice().fill(NaN, 100, 800).fill(-Infinity, 800, 900);
    for (const values of [x, spoilt]) {
      const expected = pooled(values, { floats: (n) => new Float64Array(n), shape, window });
      for (const floats of [(n: number) => new Float32Array(n), floatsInHeap]) {
        assert.deepEqual(pooled(values, { floats, shape, window }), expected);
      }
    }
  });
}

/** The host code's output and gradient, over arrays that `floats` makes. */
function pooled(
  values: Float64Array,
  { floats, shape: [images, height, width, channels], window }: {
    floats: (size: number) => FloatArray;
    shape: readonly [number, number, number, number];
    window: Window;
  },
): { out: number[]; dX: number[] } {
  const outHeight = windowOutput(height, { ...window, dilation: 1 });
  const outWidth = windowOutput(width, { ...window, dilation: 1 });
  const params = { images, height, width, channels, outHeight, outWidth, ...window };
  const size = images * outHeight * outWidth * channels;
  const x = floats(values.length), dX = floats(values.length), out = floats(size);
  const dOut = floats(size);
  x.set(values);
  dX.fill(5);
  dOut.set(Float64Array.from({ length: size }, (_, i) => i % 97 - 48));
  forward({ x, out }, params);
  backwardX({ dOut, out, x, dX }, params);
  return { out: [...out], dX: [...dX] };
}

/** Where the CPU device's tensors lie. */
function floatsInHeap(size: number): Float32Array {
  const { buffer, at } = takeBlock(4 * size);
  return new Float32Array(buffer, at, size);
}

onDevices(
  "maxPool sends the gradient of a tie to the first maximum row by row",
  async (device) => {
    const { out, dX } = scope(() => {
      // Both windows of 2×2 hold −1 twice; the first one row by row is the pixel that they share.
      const x = fromArray(device, [1, 2, 3, 1], new Float32Array([-5, -1, -7, -1, -9, -1]));
      x.requiresGrad = true;
      const { result, tape } = record(() => maxPool(x, { kernel: 2, stride: 1 }));
      const gradient = fromArray(device, [1, 1, 2, 1], new Float32Array([10, 100]));
      return { out: result, dX: backwardFrom(tape, [{ output: result, gradient }]).get(x.id)! };
    });
    assert.deepEqual([...await out.readFloats()], [-1, -1]);
    assert.deepEqual([...await dX.readFloats()], [0, 110, 0, 0, 0, 0]);
    out.release();
    dX.release();
  },
  [...TARGETS, SPLIT_TARGET],
);

onDevices(
  "maxPool of four channels sends each one's gradient to its first maximum",
  async (device) => {
    const dX = scope(() => {
      // By channel the maximum is in the first row, in the second, in both, and both are as low as can be.
      const rows = [2, 1, 3, -Infinity, 1, 2, 3, -Infinity];
      const x = fromArray(device, [1, 2, 1, 4], Float32Array.from(rows));
      x.requiresGrad = true;
      const { result, tape } = record(() => maxPool(x, { kernel: 3, stride: 2, padding: 1 }));
      const gradient = fromArray(device, [1, 1, 1, 4], Float32Array.of(10, 20, 30, 40));
      return backwardFrom(tape, [{ output: result, gradient }]).get(x.id)!;
    });
    assert.deepEqual([...await dX.readFloats()], [10, 0, 30, 40, 0, 20, 0, 0]);
    dX.release();
  },
  [...TARGETS, SPLIT_TARGET],
);

onDevices("maxPool over equal values, padding, −inf and NaN", async (device) => {
  const tensors = scope(() => {
    const x = fromArray(device, [1, 1, 4, 1], new Float32Array([-Infinity, NaN, -3, -3]));
    x.requiresGrad = true;
    const { result, tape } = record(() => maxPool(x, { kernel: 3, stride: 2, padding: 1 }));
    const gradient = fromArray(device, [1, 1, 2, 1], new Float32Array([1, 1]));
    backwardFrom(tape, [{ output: result, gradient }]);
    const flat = fromArray(device, [1, 2, 2, 1], new Float32Array(4));
    flat.requiresGrad = true;
    const pooled = record(() => maxPool(flat, { kernel: 3, stride: 2, padding: 1 }));
    const one = fromArray(device, [1, 1, 1, 1], new Float32Array([1]));
    const dFlat = backwardFrom(pooled.tape, [{ output: pooled.result, gradient: one }]);
    const low = fromArray(device, [1, 1, 1, 1], new Float32Array([-Infinity]));
    const lowest = maxPool(low, { kernel: 3, stride: 2, padding: 1 });
    return { result, dFlat: dFlat.get(flat.id)!, lowest };
  });
  assert.deepEqual([...await tensors.result.readFloats()], [NaN, NaN]);
  assert.deepEqual([...await tensors.dFlat.readFloats()], [1, 0, 0, 0]);
  assert.deepEqual([...await tensors.lowest.readFloats()], [-Infinity]);
  for (const tensor of Object.values(tensors)) tensor.release();
});

onDevices("maxPool of four channels keeps a NaN wherever in the window it is", async (device) => {
  const out = scope(() => {
    const x = new Float32Array(16).map((_, i) => i);
    [x[0], x[5], x[10], x[15]] = [NaN, NaN, NaN, NaN]; // channel c in pixel c
    return maxPool(fromArray(device, [1, 2, 2, 4], x), { kernel: 2, stride: 2 });
  });
  assert.deepEqual([...await out.readFloats()], [NaN, NaN, NaN, NaN]);
  out.release();
});

Deno.test("maxPool refuses a padding above half the kernel", () => {
  scope(() => {
    const x = fromArray(reference, [1, 1, 1, 1], new Float32Array(1));
    assert.throws(() => maxPool(x, { kernel: 1, stride: 2, padding: 1 }), /half the kernel of 1/);
  });
});
