// add_into.wgsl on vectors of four, as in add_vec4.wgsl.
struct Params { size: u32, row: u32, sumBase: u32, xBase: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> sum: array<vec4f>;
@group(0) @binding(2) var<storage, read> x: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  let first = (index & ~63u) * 4u + (index & 63u);
  let end = min(first + 256u, params.size);
  for (var i = first; i < end; i += 64u) { sum[params.sumBase + i] += x[params.xBase + i]; }
}
