// out[m, c] = exp(x[m, c] − max) / Σ exp(x[m, ·] − max). x, out f32 [M, C]. One invocation computes one row.
struct Params { rows: u32, row: u32, classes: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.x + id.y * params.row;
  if (m >= params.rows) { return; }
  let first = m * params.classes;
  let end = first + params.classes;
  var largest = x[first];
  for (var i = first + 1u; i < end; i++) { largest = max(largest, x[i]); }
  var sum = 0.0;
  for (var i = first; i < end; i++) { sum += exp(x[i] - largest); }
  for (var i = first; i < end; i++) { out[i] = exp(x[i] - largest) / sum; }
}
