// dLogits[n, a] = dOut · (sigmoid(x) − y) / count for the sampled anchors a = indices[n, b]; the others were set to 0
// before. A scatter: one invocation writes the anchor of one sample, and no anchor is sampled twice in an image.
struct Params { size: u32, row: u32, anchors: u32, samples: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> indices: array<i32>;
@group(0) @binding(5) var<storage, read> count: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.size) { return; }
  let anchor = indices[index];
  if (anchor < 0) { return; }
  let at = index / params.samples * params.anchors + u32(anchor);
  let sigmoid = 1.0 / (1.0 + exp(-logits[at]));
  dLogits[at] = dOut[0] * (sigmoid - f32(labels[at])) / count[0];
}
