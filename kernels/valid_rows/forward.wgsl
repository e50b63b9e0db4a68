// out[n, p] = p < counts[n] ? 0 : -1. One invocation writes one row's mark.
struct Params { images: u32, rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> counts: array<i32>;
@group(0) @binding(2) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i >= params.images * params.rows) { return; }
  out[i] = select(-1, 0, i32(i % params.rows) < counts[i / params.rows]);
}
