import assert from "node:assert/strict";
import { DeformConv2d } from "../../../core/nn/deform_conv.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import { traceLayers } from "../../../core/nn/trace.ts";
import { DryDevice, empty, scope } from "../../../core/runtime/mod.ts";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";

const CHANNELS = { inChannels: 8, outChannels: 12, kernel: 3, groups: 2 } as const;

Deno.test("DeformConv2d has the original's names, shapes and spreads of initial weights", async () => {
  const state = new ModelState(new CpuDevice(), 5);
  new DeformConv2d(new StateScope(state, "conv2"), { ...CHANNELS, modulated: true });
  const shapes = Object.fromEntries(state.entries().map(({ name, shape }) => [name, shape]));
  assert.deepEqual(shapes, {
    "conv2.offset.weight": [27, 8, 3, 3],
    "conv2.offset.bias": [27],
    "conv2.conv.weight": [12, 4, 3, 3],
  });
  // √(3 / fan-in) and 1 / √(input channels · taps).
  const bounds = {
    "conv2.offset.weight": Math.sqrt(3 / 72),
    "conv2.conv.weight": 1 / Math.sqrt(72),
  };
  for (const [name, bound] of Object.entries(bounds)) {
    const largest = Math.max(...(await state.get(name)!.tensor.readFloats()).map(Math.abs));
    assert.ok(largest <= bound && largest > 0.95 * bound, `${name}: ${largest} of ${bound}`);
  }
  assert.deepEqual(
    new Set(await state.get("conv2.offset.bias")!.tensor.readFloats()),
    new Set([0]),
  );
  state.close();
});

Deno.test("DeformConv2d takes offset channels for each group, and tells its shape and arithmetic", () => {
  const device = new DryDevice();
  const state = new ModelState(device, 5);
  const layer = new DeformConv2d(new StateScope(state, "conv2"), {
    ...CHANNELS,
    modulated: false,
    deformGroups: 4,
    stride: 2,
    dilation: 2,
  });
  const calls = traceLayers(() => scope(() => void layer.apply(empty(device, [1, 9, 8, 8]))));
  assert.deepEqual(calls.map(({ name, kind, output }) => [name, kind, output]), [
    ["conv2.offset", "conv 3×3 /2", [1, 5, 4, 72]],
    ["conv2.conv", "deformable conv 3×3 /2", [1, 5, 4, 12]],
  ]);
  // 20 pixels, 72 columns of each: 8 operations a column, and 2 for each of a group's 6 outputs.
  assert.equal(calls[1]!.flops, 20 * 72 * 8 + 20 * 72 * 6 * 2);
  state.close();
});
