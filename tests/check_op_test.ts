/** The proof of operators proves every variant of their kernels. */
import assert from "node:assert/strict";
import { defineKernel, type Dispatch, empty, launch, type Tensor } from "../core/runtime/mod.ts";
import { checkTarget, floats } from "./_support/check_op.ts";
import { deviceOf, HAS_WEBGPU } from "./_support/devices.ts";

function writing(value: string): Dispatch[] {
  const source = `
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(1)
fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = ${value}; }`;
  return [{ shader: { source }, uniforms: { size: 4 }, grid: [4, 1, 1] }];
}

/** Doubles, in the variant `second` by what `second` says. */
function doubled(second: string) {
  const kernel = defineKernel({
    name: "doubled",
    signature: { x: "f32", out: "f32" },
    host: ({ x, out }) => out.forEach((_, i) => out[i] = 2 * x[i]!),
    wgsl: () => ({
      shapeClass: "any",
      first: "first",
      candidates: { first: () => writing("x[id.x] * 2.0"), second: () => writing(second) },
    }),
  });
  return ({ x }: Record<string, Tensor>) => {
    const out = empty(x!.device, x!.shape);
    launch(kernel, { x: x!, out }, {});
    return out;
  };
}

Deno.test({
  name: `a variant that is wrong fails an operator's test, though it was not chosen${
    HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
  }`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const target = { name: "webgpu, for variants", kind: "webgpu" } as const;
    const device = await deviceOf(target);
    const caseOf = (second: string) => ({
      name: "doubled",
      inputs: { x: floats([4]) },
      run: doubled(second),
    });
    await checkTarget(caseOf("x[id.x] + x[id.x]"), device, target);
    await assert.rejects(
      checkTarget(caseOf("x[id.x] * 3.0"), device, target),
      /doubled fails in its variant second/,
    );
  },
});
