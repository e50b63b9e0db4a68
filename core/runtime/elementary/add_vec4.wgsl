// add.wgsl on vectors of four, of which size and the bases are counted. One invocation adds four vectors, a
// workgroup's length apart, so that neighbours read neighbouring addresses.
struct Params { size: u32, row: u32, outBase: u32, aBase: u32, bBase: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  let first = (index & ~63u) * 4u + (index & 63u);
  let end = min(first + 256u, params.size);
  for (var i = first; i < end; i += 64u) {
    out[params.outBase + i] = a[params.aBase + i] + b[params.bBase + i];
  }
}
