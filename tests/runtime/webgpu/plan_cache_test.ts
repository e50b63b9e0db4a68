import assert from "node:assert/strict";
import { defineKernel, empty, fromArray, launch, type Plan } from "../../../core/runtime/mod.ts";
import { gpuTest } from "../_support/webgpu.ts";

const WGSL = `
struct Params { scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = x[id.x] + params.scale; }`;

interface ScaleParams {
  readonly scale: number;
  readonly sizes: readonly number[];
}

/** out = x + scale, and what its planner was asked for. */
function counted() {
  const asked: ScaleParams[] = [];
  const shader = { source: WGSL };
  const kernel = defineKernel({
    name: "counted",
    signature: { x: "f32", out: "f32" },
    host: () => {},
    wgsl: (p: ScaleParams): Plan => {
      asked.push(p);
      return [{ shader, uniforms: { scale: p.scale }, grid: [p.sizes[0]!, 1, 1] }];
    },
  });
  return { kernel, asked };
}

gpuTest("a launch is planned once for equal parameters, whatever its tensors", async (device) => {
  const { kernel, asked } = counted();
  for (const [scale, x] of [[1, 10], [2, 10], [1, 20], [2, 30]] as const) {
    const from = fromArray(device, [2], Float32Array.of(x, x + 1)), out = empty(device, [2]);
    launch(kernel, { x: from, out }, { scale, sizes: [2] });
    assert.deepEqual([...await out.readFloats()], [x + scale, x + 1 + scale]);
    for (const tensor of [from, out]) tensor.release();
  }
  assert.deepEqual(asked, [{ scale: 1, sizes: [2] }, { scale: 2, sizes: [2] }]);
});

gpuTest("a launch tells NaN and both infinities apart", async (device) => {
  const { kernel } = counted();
  const x = fromArray(device, [1], Float32Array.of(1)), out = empty(device, [1]);
  for (const scale of [NaN, Infinity, -Infinity, NaN]) {
    launch(kernel, { x, out }, { scale, sizes: [1] });
    assert.deepEqual([...await out.readFloats()], [scale]);
  }
  for (const tensor of [x, out]) tensor.release();
});

gpuTest("plans are forgotten before they fill the memory, and made anew", async (device) => {
  const { kernel, asked } = counted();
  const x = fromArray(device, [1], Float32Array.of(1)), out = empty(device, [1]);
  const run = (scale: number) => launch(kernel, { x, out }, { scale, sizes: [0] });
  for (let scale = 0; scale < 17000; scale++) run(scale);
  run(16999);
  assert.equal(asked.length, 17000);
  run(0);
  assert.equal(asked.length, 17001);
  launch(kernel, { x, out }, { scale: 0.5, sizes: [1] });
  assert.deepEqual([...await out.readFloats()], [1.5]);
  for (const tensor of [x, out]) tensor.release();
});
