// terms[n, b] = max(x, 0) − x·y + log(1 + exp(−|x|)) for anchor indices[n, b] with logit x and label y in {0, 1};
// 0 where the index is negative. logits f32 [N, R], labels i32 [N, R], indices i32 [N, B].
// One invocation computes one term.
struct Params { count: u32, row: u32, anchors: u32, samples: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read_write> terms: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  var term = 0.0;
  let anchor = indices[index];
  if (anchor >= 0) {
    let at = index / params.samples * params.anchors + u32(anchor);
    let x = logits[at];
    term = max(x, 0.0) - x * f32(labels[at]) + log(1.0 + exp(-abs(x)));
  }
  terms[index] = term;
}
