/** What is recorded, uploaded, read and reused happens in the order of the calls. */
import assert from "node:assert/strict";
import { fillKernel } from "../../../core/runtime/elementary/mod.ts";
import {
  alignedView,
  backward,
  defineKernel,
  empty,
  full,
  keep,
  launch,
  record,
  scope,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import { add, leaf, multiply, tensor } from "../_support/ops.ts";
import { gpuTest } from "../_support/webgpu.ts";

async function numbers(x: Tensor): Promise<number[]> {
  return [...await x.readFloats()];
}

gpuTest("an upload does not overtake recorded work that reads the old contents", async (device) => {
  const x = tensor(device, [1, 2]);
  const before = add(x, x);
  x.write(Float32Array.of(10, 20));
  const after = add(x, x);
  x.write(Float32Array.of(100, 200));
  assert.deepEqual(await numbers(before), [2, 4]);
  assert.deepEqual(await numbers(after), [20, 40]);
  assert.deepEqual(await numbers(x), [100, 200]);
});

gpuTest("an upload into reused memory does not disturb its last user", async (device) => {
  const sum = scope(() => {
    const x = tensor(device, [1, 2]);
    return add(x, x);
  });
  const next = tensor(device, [7, 7]); // takes x's buffer
  assert.equal(device.memory().reservedBytes, 2 * 256);
  assert.deepEqual(await numbers(sum), [2, 4]);
  assert.deepEqual(await numbers(next), [7, 7]);
});

gpuTest("memory reused within one recording keeps the order of its users", async (device) => {
  const results: Tensor[] = [];
  for (let i = 0; i < 50; i++) {
    results.push(scope(() => {
      const x = full(device, [100], i);
      return add(x, x);
    }));
  }
  assert.equal(device.memory().reservedBytes, 51 * 512);
  for (const [i, result] of results.entries()) assert.equal((await numbers(result))[99], 2 * i);
});

gpuTest("a read sees what was launched before it, not after", async (device) => {
  const x = full(device, [300], 1);
  const first = x.readFloats();
  launch(fillKernel, { out: x }, { size: 300, value: 2 });
  const second = x.readFloats();
  x.write(new Float32Array(300).fill(3));
  const third = x.readFloats();
  x.release();
  const reused = full(device, [300], 4);
  const all = await Promise.all([first, second, third, reused.readFloats()]);
  for (const [i, values] of all.entries()) {
    assert.deepEqual(values, new Float32Array(300).fill(i + 1));
  }
});

gpuTest("reads of many sizes, in flight at once, do not mix", async (device) => {
  const reads = Array.from({ length: 40 }, (_, i) => full(device, [1 + i * 37], i).readFloats());
  for (const [i, values] of (await Promise.all(reads)).entries()) {
    assert.deepEqual(values, new Float32Array(1 + i * 37).fill(i));
  }
});

const putKernel = defineKernel({
  name: "put",
  signature: { out: "f32" },
  host: ({ out }, { at, value }: { at: number; value: number }) => void (out[at] = value),
  wgsl: ({ at, value }, context) => {
    const { view, base } = alignedView(at, at + 1, context);
    // A new object each time: its pipeline is found by its text.
    const shader = {
      source: `struct Params { base: u32, value: f32 }
        @group(0) @binding(0) var<uniform> params: Params;
        @group(0) @binding(1) var<storage, read_write> out: array<f32>;
        @compute @workgroup_size(1) fn main() { out[params.base] = params.value; }`,
    };
    return [{ shader, uniforms: { base, value }, grid: [1, 1, 1], views: { out: view } }];
  },
});

gpuTest("more dispatches than one submission takes keep their own uniforms", async (device) => {
  const count = 1500;
  const out = full(device, [count], -1);
  const pipelines = device.pipelineCount;
  for (let i = 0; i < count; i++) launch(putKernel, { out }, { at: i, value: i });
  assert.deepEqual(await numbers(out), Array.from({ length: count }, (_, i) => i));
  assert.equal(device.pipelineCount, pipelines + 1);
});

gpuTest("a grid above 65,535 groups is folded and covers everything", async (device) => {
  const size = 65535 * 64 + 100;
  const values = await full(device, [size], 3).readFloats();
  assert.equal(values.length, size);
  assert.ok(values.every((value) => value === 3));
});

gpuTest("2,000 small steps keep memory, buffers and pipelines flat", async (device) => {
  const x = keep(leaf(device, Array.from({ length: 16_384 }, (_, i) => i % 7)));
  const momentum = keep(full(device, [16_384], 0));
  async function steps(count: number): Promise<void> {
    for (let i = 1; i <= count; i++) {
      scope(() => {
        const { result, tape } = record(() => multiply(add(x, momentum), x));
        launch(fillKernel, { out: momentum }, { size: 16_384, value: i % 2 });
        assert.equal(backward(tape, [result]).size, 1);
      });
      device.flush();
      if (i % 25 === 0) await momentum.read();
    }
  }
  await steps(200);
  const before = { ...device.memory(), pipelines: device.pipelineCount };
  const rss = Deno.memoryUsage().rss;
  await steps(1800);
  assert.deepEqual({ ...device.memory(), pipelines: device.pipelineCount }, before);
  // One tensor lost in each step would be 112 MiB.
  const grown = (Deno.memoryUsage().rss - rss) / 2 ** 20;
  assert.ok(grown < 80, `the process grew by ${grown} MiB`);
});

gpuTest("a closed device has given all its free memory back", async (device) => {
  const x = full(device, [1000], 1);
  await x.read();
  x.release();
  assert.ok(device.memory().reservedBytes > 0);
  device.close();
  assert.equal(device.memory().reservedBytes, 0);
  assert.throws(() => void empty(device, [1]).size, { name: "DeviceError" });
});
