// dLogits[m, c] = dOut · (exp(x − logSums[m]) − [c = label]) / count; 0 where the label is negative.
// One invocation computes one element of [M, C].
struct Params { size: u32, row: u32, classes: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read> labels: array<i32>;
@group(0) @binding(4) var<storage, read> logSums: array<f32>;
@group(0) @binding(5) var<storage, read> count: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.size) { return; }
  let m = index / params.classes;
  let label = labels[m];
  var gradient = 0.0;
  if (label >= 0) {
    let expected = select(0.0, 1.0, index % params.classes == u32(label));
    gradient = dOut[0] * (exp(logits[index] - logSums[m]) - expected) / count[0];
  }
  dLogits[index] = gradient;
}
