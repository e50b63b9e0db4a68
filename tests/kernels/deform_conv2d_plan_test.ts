import assert from "node:assert/strict";
import {
  backwardFrom,
  type Device,
  DryDevice,
  empty,
  full,
  record,
  scope,
  sizeOf,
  type Tensor,
} from "../../core/runtime/mod.ts";
import {
  deformGeometryOf,
  type DeformWindow,
  outputParts,
  scratchShapes,
} from "../../kernels/deform_conv2d/geometry.ts";
import { deformConv2d } from "../../kernels/deform_conv2d/mod.ts";
import { planBackward, planForward } from "../../kernels/deform_conv2d/plan.ts";
import { onDevices, SOFTWARE } from "../_support/devices.ts";

const V2 = { modulated: true, padding: 1 } as const, V1 = { modulated: false, padding: 1 } as const;

Deno.test("deform_conv2d computes only the gradients that are needed", () => {
  const device = new DryDevice();
  const x = empty(device, [1, 4, 4, 8]), weight = empty(device, [3, 3, 8, 8]);
  const offsets = empty(device, [1, 4, 4, 27]);
  const gradientIds = () =>
    scope(() => {
      const { result, tape } = record(() => deformConv2d(x, { offsets, weight }, V2));
      return [
        ...backwardFrom(tape, [{ output: result, gradient: empty(device, result.shape) }]).keys(),
      ];
    });
  for (const needed of [[weight], [x], [offsets], [x, offsets, weight]]) {
    for (const tensor of [x, offsets, weight]) tensor.requiresGrad = needed.includes(tensor);
    assert.deepEqual(gradientIds(), needed.map(({ id }) => id));
  }
});

/** Most bytes that a forward and backward pass hold beyond what was held before. */
function peakOf(device: Device): number {
  const before = device.memory().liveBytes;
  device.resetPeak();
  scope(() => {
    const [x, offsets, weight] = [[2, 40, 42, 16], [2, 40, 42, 27], [3, 3, 16, 16]]
      .map((shape) => full(device, shape, 0.1)) as [Tensor, Tensor, Tensor];
    for (const tensor of [x, offsets, weight]) tensor.requiresGrad = true;
    const { result, tape } = record(() => deformConv2d(x, { offsets, weight }, V2));
    backwardFrom(tape, [{ output: result, gradient: full(device, result.shape, 1) }]);
  });
  assert.equal(device.memory().liveBytes, before, "memory is left behind");
  return device.memory().peakBytes - before;
}

onDevices("deform_conv2d takes the memory that a dry run counts", (device) => {
  const { isSoftware, maxBindingBytes } = device.info;
  assert.equal(peakOf(device), peakOf(new DryDevice({ isSoftware, maxBindingBytes })));
  return Promise.resolve();
}, [{ name: "webgpu", kind: "webgpu" }]);

Deno.test("deform_conv2d refuses shapes that do not fit", () => {
  const device = new DryDevice();
  const tensor = (shape: number[]) => empty(device, shape);
  const call = (offsets: number[], window: DeformWindow, bias = [4]) =>
    deformConv2d(tensor([1, 5, 5, 6]), {
      offsets: tensor(offsets),
      weight: tensor([3, 3, 6, 4]),
      bias: tensor(bias),
    }, window);
  assert.equal(call([1, 5, 5, 27], V2).shape.join(), "1,5,5,4");
  assert.throws(() => call([1, 5, 5, 18], V2), /offsets must be 1×5×5×27: their shape is 1×5×5×18/);
  assert.throws(() => call([1, 5, 5, 27], V1), /offsets must be 1×5×5×18/);
  assert.throws(() => call([1, 5, 5, 27], { ...V2, deformGroups: 4 }), /must divide the 6 input/);
  assert.throws(() => call([1, 5, 5, 27], V2, [3]), /bias of deformConv2d/);
});

/** Inputs of R-101-DCNv2 on the test images of 2000 pixels, and in training on two of 1200 × 1400. */
const LARGE: readonly (readonly [number, number, number, number])[] = [
  [1, 250, 168, 128],
  [1, 250, 250, 128],
  [1, 500, 334, 128],
  [2, 150, 176, 128],
  [2, 38, 44, 512],
];

Deno.test("deform_conv2d cuts the layers of R-101-DCNv2 into bindings of 128 MiB", () => {
  for (const x of LARGE) {
    const [n, h, w, c] = x;
    const shapes = { x, offsets: [n, h, w, 27], weight: [3, 3, c, c] };
    const g = deformGeometryOf(shapes, V2);
    const parts = outputParts(g, SOFTWARE);
    const scratch = scratchShapes(g, parts, new DryDevice());
    for (const shape of Object.values(scratch)) assert.ok(sizeOf(shape) * 4 <= 2 ** 26);
    const params = { ...g, parts, hasBias: false, splits: 1 };
    const needs = { input: true, offsets: true, weight: true };
    for (
      const plan of [planForward(params, SOFTWARE), planBackward({ ...params, needs }, SOFTWARE)]
    ) {
      assert.ok("candidates" in plan);
      const views = Object.values(plan.candidates).flatMap((candidate) =>
        candidate().flatMap(({ views = {} }) => Object.values(views))
      );
      for (const { start, end } of views) {
        assert.equal(start % SOFTWARE.offsetAlignment, 0);
        assert.ok((end - start) * 4 <= SOFTWARE.maxBindingBytes, `${(end - start) * 4} bytes`);
      }
    }
  }
});
