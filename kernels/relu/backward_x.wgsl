// dX[i] = out[i] > 0 ? dOut[i] : 0. One invocation computes four consecutive elements.
struct Params { size: u32, row: u32, base: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let end = params.base + min(first + 4u, params.size);
  for (var i = params.base + first; i < end; i++) { dX[i] = select(0.0, dOut[i], out[i] > 0.0); }
}
