// dBeta[c] = Σ dY, dGamma[c] = Σ dY·x̂: sums of the partials [N·chunks, C] over their rows.
// One workgroup works on one channel, workgroup id.x. Prepended: _shared/lane_sum.wgsl.
struct Params { channels: u32, rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBeta: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let c = group.x;
  var sums = vec2f(0.0);
  for (var r = lane; r < params.rows; r += LANES) { sums += partials[r * params.channels + c]; }
  let sum = laneSum(lane, sums.x);
  let product = laneSum(lane, sums.y);
  if (lane == 0u) {
    dBeta[c] = sum;
    dGamma[c] = product;
  }
}
