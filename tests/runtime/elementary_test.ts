import assert from "node:assert/strict";
import { fromArray, full, scope } from "../../core/runtime/mod.ts";
import { addInto, sumOf } from "../../core/runtime/elementary/mod.ts";
import { onDevices, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

// Multiples of four are added by vectors; 1028 is more than one workgroup adds.
for (const size of [0, 1, 4, 63, 1028, 1030, 2051]) {
  onDevices(`sumOf and addInto add ${size} elements`, async (device) => {
    const tensors = scope(() => {
      const a = fromArray(device, [size], Float32Array.from({ length: size }, (_, i) => i));
      const b = fromArray(device, [size], Float32Array.from({ length: size }, (_, i) => 7 * i));
      const sum = sumOf(a, b);
      addInto(b, a);
      return { sum, b, three: sumOf(a, sum, b), five: sumOf(a, a, a, sum, b) };
    });
    const expected = Array.from({ length: size }, (_, i) => 8 * i);
    assert.deepEqual([...await tensors.three.readFloats()], expected.map((x) => x / 8 * 17));
    assert.deepEqual([...await tensors.five.readFloats()], expected.map((x) => x / 8 * 19));
    assert.deepEqual([...await tensors.sum.readFloats()], expected);
    assert.deepEqual([...await tensors.b.readFloats()], expected);
    for (const tensor of Object.values(tensors)) tensor.release();
  }, [...TARGETS, SPLIT_TARGET]);

  onDevices(`full fills ${size} elements`, async (device) => {
    const filled = scope(() => full(device, [size], 2.5));
    assert.deepEqual([...await filled.readFloats()], Array.from({ length: size }, () => 2.5));
    filled.release();
  }, [...TARGETS, SPLIT_TARGET]);
}
