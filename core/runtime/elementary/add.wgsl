// out[i] = a[i] + b[i]. One invocation adds four consecutive elements, the last one those that remain.
struct Params { size: u32, row: u32, outBase: u32, aBase: u32, bBase: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let end = min(first + 4u, params.size);
  for (var i = first; i < end; i++) {
    out[params.outBase + i] = a[params.aBase + i] + b[params.bBase + i];
  }
}
