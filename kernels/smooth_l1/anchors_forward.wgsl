// terms[n, b] = Σ over 4 coordinates of SmoothL1(pred − targets) at anchor indices[n, b] where its label is 1;
// 0 elsewhere and where the index is negative. pred, targets f32 [N, R, 4], labels i32 [N, R],
// indices i32 [N, B]. One invocation computes one term. Prepended: penalty.wgsl.
struct Params { size: u32, row: u32, anchors: u32, samples: u32, beta: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pred: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> indices: array<i32>;
@group(0) @binding(5) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.size) { return; }
  var term = 0.0;
  let anchor = indices[index];
  if (anchor >= 0) {
    let at = index / params.samples * params.anchors + u32(anchor);
    if (labels[at] == 1) {
      for (var j = at * 4u; j < at * 4u + 4u; j++) { term += penalty(pred[j] - targets[j], params.beta); }
    }
  }
  terms[index] = term;
}
