import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { addKernel } from "../../core/runtime/elementary/mod.ts";
import { empty, fromArray, full, launch, scope, type TensorsOf } from "../../core/runtime/mod.ts";
import { onDevices } from "../_support/devices.ts";
import { tensor } from "./_support/ops.ts";

onDevices("tensors hold what was written, in every dtype and shape", async (device) => {
  const arrays = [
    Float32Array.of(1.5, -0, Infinity, 1e-40, 3, -7),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, -1, 5, 6),
    Uint32Array.of(0, 2 ** 32 - 1, 2 ** 31, 3, 4, 5),
  ];
  for (const data of arrays) {
    const made = fromArray(device, [2, 3], data);
    assert.deepEqual(await made.read(), data);
    made.write(data.slice().reverse());
    assert.deepEqual(await made.read(), data.slice().reverse());
    made.release();
  }
});

onDevices("NaN survives a round trip bit by bit", async (device) => {
  const bits = Uint32Array.of(0x7fc00000, 0x7fc00001, 0xffc00000);
  const made = fromArray(device, [3], new Float32Array(bits.buffer));
  assert.deepEqual(new Uint32Array((await made.read()).buffer), bits);
  made.release();
});

onDevices("empty tensors and scalars read and write", async (device) => {
  const nothing = fromArray(device, [0, 4], new Float32Array());
  assert.deepEqual(await nothing.read(), new Float32Array());
  const scalar = full(device, [], 2.5);
  assert.deepEqual(await scalar.readFloats(), Float32Array.of(2.5));
  nothing.release();
  scalar.release();
});

onDevices("a view under another dtype has the same bits", async (device) => {
  const floats = tensor(device, [1, -2]);
  const ints = floats.view([2], "i32");
  assert.deepEqual(await ints.readInts(), Int32Array.of(0x3f800000, 0xc0000000 | 0));
  await assert.rejects(() => ints.readFloats(), TypeError);
  await assert.rejects(() => floats.readInts(), TypeError);
  ints.release();
  floats.release();
});

Deno.test("tensors refuse what does not fit them", () => {
  const device = new CpuDevice();
  scope(() => {
    const made = empty(device, [2, 3]);
    assert.throws(() => made.write(new Float32Array(5)), RangeError);
    assert.throws(() => made.write(new Int32Array(6)), /i32 numbers to a tensor of f32/);
    assert.throws(() => made.view([5]), /2×3 as 5/);
    assert.throws(() => empty(device, [2, -1]), RangeError);
    assert.throws(() => empty(device, [1.5]), RangeError);
    assert.throws(() => empty(device, [NaN]), RangeError);
  });
});

Deno.test("launch() names the kernel and the tensor that is missing, of a wrong dtype or freed", () => {
  const device = new CpuDevice();
  scope(() => {
    const [out, a, b] = [empty(device, [2]), empty(device, [2]), empty(device, [2])];
    const missing: Partial<TensorsOf<typeof addKernel.signature>> = { out, a };
    assert.throws(
      () => launch(addKernel, missing as TensorsOf<typeof addKernel.signature>, { size: 2 }),
      /Cannot launch add as its tensor b is missing/,
    );
    assert.throws(
      () => launch(addKernel, { out, a, b: b.view([2], "i32") }, { size: 2 }),
      /Cannot launch add as b must be f32: it is i32/,
    );
    const freed = scope(() => [empty(device, [2])])[0]!;
    freed.release();
    assert.throws(() => launch(addKernel, { out, a, b: freed }, { size: 2 }), /was freed/);
  });
});

Deno.test("a kernel takes tensors of one device only", () => {
  const [one, other] = [new CpuDevice(), new CpuDevice({ precision: 64 })];
  scope(() => {
    const [out, a] = [empty(one, [2]), empty(one, [2])];
    assert.throws(
      () => launch(addKernel, { out, a, b: empty(other, [2]) }, { size: 2 }),
      /another device/,
    );
  });
});
