import assert from "node:assert/strict";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";
import { backwardFrom, type Device, fromArray, record, scope } from "../../../core/runtime/mod.ts";
import { geometryOf } from "../../../kernels/conv2d/extents/geometry.ts";
import { conv2d } from "../../../kernels/conv2d/mod.ts";
import { planWeight } from "../../../kernels/conv2d/plan_weight.ts";
import { asGpu } from "../../_support/check_exact.ts";
import { floats, relativeError } from "../../_support/check_op.ts";
import { onDevices, type Target } from "../../_support/devices.ts";

/** A convolution of x `[1, h, w, c]` to o channels by k × k taps. */
interface Wide {
  readonly x: readonly [number, number, number];
  readonly o: number;
  readonly k: number;
}

/** Weights of several windows; and so many operations that straight lines take their large tiles. */
const WINDOWS: Wide = { x: [6, 9, 260], o: 72, k: 3 };
const LARGE_TILES: Wide = { x: [40, 50, 256], o: 1024, k: 1 };
/** A weight so small that a GPU cuts the sum over pixels into more splits than are added up at once. */
const MANY_SPLITS: Wide = { x: [96, 96, 8], o: 4, k: 1 };

/** The result with bias, and the gradients of x and of the weight. */
async function convolved(device: Device, { x: [h, w, c], o, k }: Wide): Promise<Float32Array[]> {
  const shapes = [[1, h, w, c], [k, k, c, o], [o], [1, h, w, o]];
  const tensors = scope(() => {
    const [x, weight, bias, dOut] = shapes.map(
      (shape, seed) => fromArray(device, shape, Float32Array.from(floats(shape, { seed }).data)),
    );
    x!.requiresGrad = weight!.requiresGrad = true;
    const options = { padding: k >> 1 }; // No ReLU: of so many sums some are rounded across 0.
    const { result, tape } = record(() => conv2d(x!, weight!, bias, options));
    const gradients = backwardFrom(tape, [{ output: result, gradient: dOut! }]);
    return [result, gradients.get(x!.id)!, gradients.get(weight!.id)!];
  });
  const read = await Promise.all(tensors.map((tensor) => tensor.readFloats()));
  for (const tensor of tensors) tensor.release();
  return read;
}

async function checkWide(device: Device, wide: Wide): Promise<void> {
  const expected = await convolved(new CpuDevice(), wide);
  for (const [i, actual] of (await convolved(device, wide)).entries()) {
    const { error } = relativeError(actual, expected[i]!);
    assert.ok(error < (i === 0 ? 1e-5 : 1e-4), `${error} of ${["out", "dX", "dWeight"][i]}`);
  }
}

const TARGETS: readonly Target[] = ["winograd", "uniform", "straight"].map((forceVariant) => ({
  name: `webgpu, ${forceVariant}`,
  kind: "webgpu",
  forceVariant,
}));

onDevices("conv2d with a weight of several windows is as on the CPU device", async (device) => {
  await checkWide(device, WINDOWS);
}, TARGETS);

onDevices("conv2d of large tiles of straight lines is as on the CPU device", async (device) => {
  await checkWide(device, LARGE_TILES);
}, TARGETS.filter(({ forceVariant }) => forceVariant === "straight"));

onDevices(
  "conv2d of a small weight on many pixels is as on the CPU device, on a GPU",
  async (device) => {
    const { x: [h, w, c], o } = MANY_SPLITS;
    const context = { ...device.info, offsetAlignment: 64, isSoftware: false };
    const plan = planWeight(geometryOf([1, h, w, c], [1, 1, c, o], {}), context);
    assert.ok("candidates" in plan && "sums" in plan.scratch!.workgroup!);
    await checkWide(asGpu(device), MANY_SPLITS);
  },
  [{ name: "webgpu", kind: "webgpu" }],
);
