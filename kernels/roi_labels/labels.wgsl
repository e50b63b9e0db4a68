// labels[n][p]: class of the matched truth, 0 background, −1 between or padding.
// One invocation labels one proposal.
struct Params {
  count: u32, // N·P
  row: u32, // invocations per grid row
  rows: u32, // P
  truths: u32, // G
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matches: array<i32>;
@group(0) @binding(2) var<storage, read> truthLabels: array<i32>;
@group(0) @binding(3) var<storage, read> boxCounts: array<i32>;
@group(0) @binding(4) var<storage, read_write> labels: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let image = i / params.rows;
  let matched = matches[i];
  if (i32(i % params.rows) >= boxCounts[image]) {
    labels[i] = -1;
  } else if (matched < 0) {
    labels[i] = select(-1, 0, matched == -1);
  } else {
    labels[i] = truthLabels[image * params.truths + u32(matched)];
  }
}
