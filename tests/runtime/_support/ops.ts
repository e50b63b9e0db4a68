/** Small operators and kernels that the runtime's tests run, on either device. */
import { addKernel, fillKernel } from "../../../core/runtime/elementary/mod.ts";
import {
  alignedView,
  defineKernel,
  type Device,
  differentiable,
  type Dispatch,
  empty,
  fromArray,
  gridFor,
  launch,
  type Shape,
  splitRange,
  type Tensor,
} from "../../../core/runtime/mod.ts";

const multiplyShader = {
  source: `
struct Params { size: u32, row: u32, base: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i < params.size) { out[params.base + i] = a[params.base + i] * b[params.base + i]; }
}`,
};

/** `out = a · b`, element by element. */
export const multiplyKernel = defineKernel({
  name: "multiply",
  signature: { out: "f32", a: "f32", b: "f32" },
  host: ({ out, a, b }, p: { size: number }) => {
    for (let i = 0; i < p.size; i++) out[i] = a[i]! * b[i]!;
  },
  wgsl: (p, context) =>
    splitRange(p.size, 1, context).map(({ start, end }): Dispatch => {
      const { view, base } = alignedView(start, end, context);
      const { grid, rowLength } = gridFor(end - start, 64);
      return {
        shader: multiplyShader,
        uniforms: { size: end - start, row: rowLength, base },
        grid,
        views: { out: view, a: view, b: view },
      };
    }),
});

/** An f32 tensor of `values`. */
export function tensor(device: Device, values: readonly number[], shape?: Shape): Tensor {
  return fromArray(device, shape ?? [values.length], Float32Array.from(values));
}

/** {@link tensor} that gradients are asked for. */
export function leaf(device: Device, values: readonly number[]): Tensor {
  const made = tensor(device, values);
  made.requiresGrad = true;
  return made;
}

/** `a + b`, whose gradient hands the *same* tensor to both. */
export function add(a: Tensor, b: Tensor): Tensor {
  const out = empty(a.device, a.shape);
  launch(addKernel, { out, a, b }, { size: out.size });
  differentiable({
    inputs: [a, b],
    outputs: [out],
    saved: [],
    backward: ([dOut]) => [dOut, dOut],
  });
  return out;
}

/** `a · b`, which saves both. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  const out = product(a, b);
  differentiable({
    inputs: [a, b],
    outputs: [out],
    saved: [a, b],
    backward: ([dOut], [needsA, needsB]) => [
      needsA ? product(dOut!, b) : undefined,
      needsB ? product(dOut!, a) : undefined,
    ],
  });
  return out;
}

function product(a: Tensor, b: Tensor): Tensor {
  const out = empty(a.device, a.shape);
  launch(multiplyKernel, { out, a, b }, { size: out.size });
  return out;
}

/** Two copies of x (as `x + 0`), whose gradients add up. */
export function twice(x: Tensor): [Tensor, Tensor] {
  const outputs: [Tensor, Tensor] = [copy(x), copy(x)];
  differentiable({
    inputs: [x],
    outputs,
    saved: [],
    backward: ([d0, d1]) => {
      const dX = empty(x.device, x.shape);
      launch(addKernel, { out: dX, a: d0!, b: d1! }, { size: dX.size });
      return [dX];
    },
  });
  return outputs;
}

function copy(x: Tensor): Tensor {
  const zeros = empty(x.device, x.shape);
  launch(fillKernel, { out: zeros }, { size: x.size, value: 0 });
  const out = empty(x.device, x.shape);
  launch(addKernel, { out, a: x, b: zeros }, { size: x.size });
  return out;
}
