// terms[m] = Σ over 4 coordinates of SmoothL1(pred − targets) of row m, at the columns 4·label … 4·label + 3, or
// 4 … 7 where `agnostic`; 0 where the label is not positive. pred f32 [M, width], targets f32 [M, 4],
// labels i32 [M]. One invocation computes one row. Prepended: penalty.wgsl.
struct Params { size: u32, row: u32, width: u32, agnostic: u32, beta: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pred: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.x + id.y * params.row;
  if (m >= params.size) { return; }
  var term = 0.0;
  let label = labels[m];
  if (label > 0) {
    let first = m * params.width + 4u * select(u32(label), 1u, params.agnostic != 0u);
    for (var j = 0u; j < 4u; j++) { term += penalty(pred[first + j] - targets[m * 4u + j], params.beta); }
  }
  terms[m] = term;
}
