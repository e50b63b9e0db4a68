/** Faults of the GPU and of kernels (rows 4 to 8 of the fault table), each on a device of its own. */
import assert from "node:assert/strict";
import { addKernel } from "../../../core/runtime/elementary/mod.ts";
import {
  defineKernel,
  type Dispatch,
  empty,
  full,
  launch,
  type Shader,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import { requestAdapter } from "../../../core/runtime/probe.ts";
import { add, multiply, tensor } from "../_support/ops.ts";
import {
  gpuTest,
  isDeviceError,
  rejectsWithDeviceError,
  withoutHanging,
} from "../_support/webgpu.ts";

const PARAMS = "struct Params { size: u32 }\n@group(0) @binding(0) var<uniform> params: Params;\n";
const OUT = "@group(0) @binding(1) var<storage, read_write> out: array<f32>;\n";
const MAIN = "@compute @workgroup_size(1) fn main() { out[0] = f32(params.size); }";

/** A kernel over one output whose WGSL, or dispatch, is at fault. */
function faultyKernel(name: string, fault: { wgsl?: string; dispatch?: Partial<Dispatch> }) {
  const shader: Shader = { source: fault.wgsl ?? `${PARAMS}${OUT}${MAIN}` };
  return defineKernel({
    name,
    signature: { out: "f32" },
    host: () => {},
    wgsl: () => [{ shader, uniforms: { size: 1 }, grid: [1, 1, 1], ...fault.dispatch }],
  });
}

gpuTest("WGSL that does not parse is told by kernel, line and column", async (device) => {
  const kernel = faultyKernel("torn_kernel", {
    wgsl: `${PARAMS}${OUT}@compute @workgroup_size(1) fn main() {\n  let x = ;\n}`,
  });
  const out = full(device, [4], 1);
  launch(kernel, { out }, {});
  await rejectsWithDeviceError(
    () => out.read(),
    /kernel torn_kernel does not compile at line 5, column \d+: /,
  );
  assert.throws(() => empty(device, [1]), /torn_kernel/);
});

gpuTest("WGSL of wrong types is told by kernel, line and column", async (device) => {
  const kernel = faultyKernel("mistyped", {
    wgsl: `${PARAMS}${OUT}@compute @workgroup_size(1) fn main() {\n\n  out[0] = params.size;\n}`,
  });
  launch(kernel, { out: empty(device, [4]) }, {});
  await rejectsWithDeviceError(
    () => device.finish(),
    /kernel mistyped does not compile at line 6, column \d+: /,
  );
});

gpuTest("a shader without its entry point is told by kernel", async (device) => {
  const kernel = faultyKernel("no_entry", {
    wgsl: `${PARAMS}${OUT}@compute @workgroup_size(1) fn other() { out[0] = 1.0; }`,
  });
  launch(kernel, { out: empty(device, [4]) }, {});
  await rejectsWithDeviceError(() => device.finish(), /kernel no_entry was refused by the GPU/);
});

gpuTest("a tensor above the binding limit is refused before its dispatch", async (device) => {
  const whole = faultyKernel("unsplit", {});
  launch(whole, { out: empty(device, [512]) }, {});
  assert.throws(
    () => launch(whole, { out: empty(device, [513]) }, {}),
    (error) => isDeviceError(error, /unsplit .* out takes 2052 bytes .* at most 2048/),
  );
  await device.finish(); // the GPU never saw it
}, { maxBindingBytes: 2048 });

gpuTest("a buffer above the adapter's largest is refused by size and limit", async (device) => {
  const adapter = await requestAdapter("high-performance");
  const limit = adapter!.limits.maxBufferSize;
  assert.throws(
    () => device.allocate(limit + 4),
    (error) => isDeviceError(error, new RegExp(`${limit + 4} bytes .*${limit}`)),
  );
  await device.finish();
  assert.equal(device.memory().liveSlots, 0);
});

gpuTest("an error outside of any scope stops the run", async (device) => {
  const x = empty(device, [4]);
  device.upload(x.slot, new Float32Array(1000)); // past the end of its buffer
  await rejectsWithDeviceError(() => device.finish(), /^The GPU reported an error: /);
  assert.throws(() => empty(device, [1]), /The GPU reported an error/);
  assert.throws(() => add(x, x), /The GPU reported an error/);
  assert.throws(() => device.check(), /The GPU reported an error/);
});

gpuTest("work that the GPU refuses is told by kernel", async (device) => {
  const out = empty(device, [4]);
  const shader = {
    source: `${PARAMS}${OUT}override width = 1u;
      @compute @workgroup_size(width) fn main() { out[0] = 1.0; }`,
    constants: { width: 100_000 },
  };
  launch(faultyKernel("too_wide", { dispatch: { shader } }), { out }, {});
  await rejectsWithDeviceError(() => device.finish(), /kernel too_wide was refused by the GPU/);
});

gpuTest(
  "launches that do not fit their WGSL are refused by name, and harm nothing",
  async (device) => {
    const out = full(device, [100], 1);
    const faulty: [Tensor, { wgsl?: string; dispatch?: Partial<Dispatch> }, RegExp][] = [
      [out, { dispatch: { grid: [1, 65536, 1] } }, /faulty as a grid of 1×65536×1 is above 65535/],
      [out, { dispatch: { uniforms: {} } }, /faulty as its uniform size is missing/],
      [
        out,
        { dispatch: { views: { out: { start: 0, end: 101 } } } },
        /faulty on elements 0 to 101/,
      ],
      [out, { dispatch: { views: { out: { start: 3, end: 9 } } } }, /starts at a multiple of 64/],
      [
        out,
        { wgsl: `${PARAMS}${OUT}${MAIN}`.replaceAll("out", "other") },
        /no tensor is named other/,
      ],
      [out, { wgsl: OUT }, /faulty as its WGSL has no struct Params/],
    ];
    for (const [tensor, fault, message] of faulty) {
      assert.throws(() => launch(faultyKernel("faulty", fault), { out: tensor }, {}), message);
    }
    assert.deepEqual(await out.readFloats(), new Float32Array(100).fill(1));
  },
);

gpuTest("a kernel that writes what it also reads is refused by name", async (device) => {
  const x = tensor(device, [1, 2, 3]);
  const out = empty(device, [3]);
  assert.throws(
    () => launch(addKernel, { out: x, a: x, b: x }, { size: 3 }),
    /Cannot launch add as it writes out, which has the memory of a/,
  );
  launch(addKernel, { out, a: x, b: x.view([3]) }, { size: 3 });
  assert.deepEqual(await out.readFloats(), Float32Array.of(2, 4, 6));
});

gpuTest("a device lost in mid-work ends every wait and every new work", async (device) => {
  const x = full(device, [64], 1);
  const reading = x.read();
  const failed = assert.rejects(
    withoutHanging(reading),
    (error) => isDeviceError(error, /device was lost/),
  );
  add(x, x); // recorded, not submitted
  device.loseForTest();
  await failed;
  await rejectsWithDeviceError(() => x.read(), /device was lost .*last checkpoint/);
  await rejectsWithDeviceError(() => device.finish(), /device was lost/);
  assert.throws(() => empty(device, [1]), (error) => isDeviceError(error, /device was lost/));
  assert.throws(() => add(x, x), (error) => isDeviceError(error, /device was lost/));
  device.flush();
  x.release();
});

gpuTest("a device lost between steps ends the next wait", async (device) => {
  const x = full(device, [64], 1);
  await device.finish();
  device.loseForTest();
  multiply(x, x);
  await rejectsWithDeviceError(() => device.finish(), /device was lost/);
});

gpuTest("closing a device ends a wait under way", async (device) => {
  const reading = full(device, [64], 1).read();
  const ended = assert.rejects(withoutHanging(reading), (error) => isDeviceError(error, /closed/));
  device.close();
  await ended;
});
