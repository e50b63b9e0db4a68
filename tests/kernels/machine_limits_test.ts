import assert from "node:assert/strict";
import { full } from "../../core/runtime/mod.ts";
import { copy, fmaChain, measureLimits } from "../../kernels/machine_limits/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices } from "../_support/devices.ts";

for (const size of [1, 70]) {
  checkOp({
    name: `fma_chain ${size}`,
    inputs: { x: floats([1]) },
    run: ({ x }) => fmaChain(x!.device, { size, turns: 2, scale: 0.9375, shift: 0.25 }),
  });
}

checkOp({
  name: "copy",
  inputs: { x: floats([5, 84]) },
  run: ({ x }) => copy(x!),
});

onDevices("copy refuses sizes that are no multiple of four", (device) => {
  assert.throws(() => copy(full(device, [7], 1)), /multiple of 4/);
  return Promise.resolve();
});

onDevices("the limits of a device are measured, and its memory is given back", async (device) => {
  const before = device.memory().liveBytes;
  const { gflops, gbps } = await measureLimits(device);
  assert.ok(gflops > 0 && Number.isFinite(gflops), `${gflops} GFLOP/s`);
  assert.ok(gbps > 0 && Number.isFinite(gbps), `${gbps} GB/s`);
  assert.equal(device.memory().liveBytes, before);
});
