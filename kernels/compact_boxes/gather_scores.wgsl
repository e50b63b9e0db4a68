// out[n, i] = scores[n, indices[n, i]], 0 where the index is -1.
// scores f32 [N, L], indices i32 [N, K], out f32 [N, K]. One invocation writes one score.
struct Params { size: u32, row: u32, indexLength: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  let index = indices[at];
  var score = 0.0;
  if (index >= 0) { score = scores[(at / params.indexLength) * params.length + u32(index)]; }
  out[at] = score;
}
