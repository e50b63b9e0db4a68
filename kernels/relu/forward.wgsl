// out[i] = max(x[i], 0). One invocation computes four consecutive elements, the last one those that remain.
struct Params { size: u32, row: u32, base: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let end = params.base + min(first + 4u, params.size);
  for (var i = params.base + first; i < end; i++) { out[i] = max(x[i], 0.0); }
}
