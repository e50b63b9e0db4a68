// dPred[n, a, ·] = dOut · slope(pred − targets) / count at the sampled anchors a = indices[n, b] whose label is 1;
// the rest was set to 0 before. A scatter: one invocation writes the four coordinates of one sample, and no anchor
// is sampled twice in an image. Shapes as in anchors_forward.wgsl. Prepended: penalty.wgsl.
struct Params { size: u32, row: u32, anchors: u32, samples: u32, beta: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> pred: array<f32>;
@group(0) @binding(3) var<storage, read> targets: array<f32>;
@group(0) @binding(4) var<storage, read> labels: array<i32>;
@group(0) @binding(5) var<storage, read> indices: array<i32>;
@group(0) @binding(6) var<storage, read> count: array<f32>;
@group(0) @binding(7) var<storage, read_write> dPred: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.size) { return; }
  let anchor = indices[index];
  if (anchor < 0) { return; }
  let at = index / params.samples * params.anchors + u32(anchor);
  if (labels[at] != 1) { return; }
  for (var j = at * 4u; j < at * 4u + 4u; j++) {
    dPred[j] = dOut[0] / count[0] * slope(pred[j] - targets[j], params.beta);
  }
}
