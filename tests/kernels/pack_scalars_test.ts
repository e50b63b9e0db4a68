import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { packScalars } from "../../kernels/pack_scalars/mod.ts";
import { onDevices } from "../_support/devices.ts";

onDevices(
  "packScalars keeps order, converts integers and lets NaN and Inf pass",
  async (device) => {
    const report = scope(() =>
      packScalars([
        fromArray(device, [], new Float32Array([1.5])),
        fromArray(device, [3], new Int32Array([-1, 0, 70000])),
        fromArray(device, [0], new Float32Array(0)),
        fromArray(device, [2, 1], new Float32Array([NaN, -Infinity])),
        fromArray(device, [], new Int32Array([512])),
      ])
    );
    assert.deepEqual(report.shape, [7]);
    assert.deepEqual([...await report.readFloats()], [1.5, -1, 0, 70000, NaN, -Infinity, 512]);
    report.release();
  },
);

onDevices("packScalars of more numbers than a workgroup has lanes", async (device) => {
  const numbers = Float32Array.from({ length: 67 }, (_, i) => i / 2);
  const report = scope(() => packScalars([fromArray(device, [67], numbers)]));
  assert.deepEqual(await report.readFloats(), numbers);
  report.release();
});

onDevices("packScalars refuses other dtypes and nothing at all", (device) => {
  scope(() => {
    const words = fromArray(device, [1], new Uint32Array(1));
    assert.throws(() => packScalars([words]), /values must be f32: it is u32/);
  });
  assert.throws(() => packScalars([]), /pack no tensors/);
  return Promise.resolve();
});
