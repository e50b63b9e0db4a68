// dPred[m, ·] = dOut · slope(pred − targets) / count at the four columns of row m's label, 0 elsewhere.
// Shapes as in rois_forward.wgsl. One invocation computes one element of dPred. Prepended: penalty.wgsl.
struct Params { size: u32, row: u32, width: u32, agnostic: u32, beta: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> pred: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<i32>;
@group(0) @binding(5) var<storage, read> count: array<f32>;
@group(0) @binding(6) var<storage, read_write> dPred: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.size) { return; }
  let m = index / params.width;
  let column = index % params.width;
  let label = labels[m];
  var gradient = 0.0;
  if (label > 0 && column / 4u == select(u32(label), 1u, params.agnostic != 0u)) {
    let difference = pred[index] - targets[m * 4u + column % 4u];
    gradient = dOut[0] / count[0] * slope(difference, params.beta);
  }
  dPred[index] = gradient;
}
