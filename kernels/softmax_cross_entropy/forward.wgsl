// terms[m] = log Σ exp(x) − x[label], and logSums[m] = log Σ exp(x), of row m; the term is 0 where the label is
// negative. logits f32 [M, C], labels i32 [M]. One invocation computes one row.
struct Params { rows: u32, row: u32, classes: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read_write> terms: array<f32>;
@group(0) @binding(4) var<storage, read_write> logSums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.x + id.y * params.row;
  if (m >= params.rows) { return; }
  let first = m * params.classes;
  var largest = logits[first];
  for (var c = 1u; c < params.classes; c++) { largest = max(largest, logits[first + c]); }
  var sum = 0.0;
  for (var c = 0u; c < params.classes; c++) { sum += exp(logits[first + c] - largest); }
  let logSum = largest + log(sum);
  logSums[m] = logSum;
  let label = labels[m];
  terms[m] = 0.0;
  if (label >= 0) { terms[m] = logSum - logits[first + u32(label)]; }
}
