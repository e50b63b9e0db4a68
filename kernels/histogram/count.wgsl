// counts[c][b]: how many values of column c fall into bin b, over the rows whose label is at least leastLabel
// and whose name is not negative. One invocation counts one bin of one column: a walk over all rows each, but no
// atomics, and the order of nothing matters.
struct Params {
  count: u32, // C·bins
  row: u32, // invocations per grid row
  rows: u32, // N·P
  columns: u32, // C
  bins: u32,
  leastLabel: i32,
  low: f32,
  scale: f32, // bins per unit
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>; // f32 as bits
@group(0) @binding(2) var<storage, read> labels: array<i32>;
@group(0) @binding(3) var<storage, read> names: array<i32>;
@group(0) @binding(4) var<storage, read_write> counts: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let column = i / params.bins;
  let wanted = f32(i % params.bins);
  let last = f32(params.bins - 1u);
  var found = 0;
  for (var row = 0u; row < params.rows; row++) {
    if (labels[row] < params.leastLabel || names[row] < 0) { continue; }
    let bits = values[row * params.columns + column];
    if ((bits & 0x7f800000u) == 0x7f800000u) { continue; } // NaN or infinite: comparisons may not tell
    let bin = floor((bitcast<f32>(bits) - params.low) * params.scale);
    if (clamp(bin, 0.0, last) == wanted) { found++; }
  }
  counts[i] = found;
}
