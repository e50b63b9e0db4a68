// out[i] = value. One invocation writes one element.
struct Params { base: u32, size: u32, row: u32, value: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i < params.size) { out[params.base + i] = params.value; }
}
