// state = (norm, clip scale, 1 where a slot is NaN or Inf, 0): norm = sqrt(Σ slots[0 .. gradientSlots]), clip scale
// = min(1, maxNorm / (norm + 1e-6)), or 1 where maxNorm is 0. The slots behind gradientSlots are of losses: they
// count for the third number only. One workgroup. Prepended: _shared/lane_sum.wgsl.
struct Params { gradientSlots: u32, slotCount: u32, maxNorm: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> slots: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var rest = 0.0;
  for (var i = lane; i < params.slotCount; i += LANES) {
    if (i < params.gradientSlots) { sum += slots[i]; } else { rest += slots[i]; }
  }
  let total = laneSum(lane, sum);
  let all = total + laneSum(lane, rest);
  if (lane != 0u) { return; }
  let norm = sqrt(total);
  state[0] = norm;
  state[1] = select(min(1.0, params.maxNorm / (norm + 1e-6)), 1.0, params.maxNorm == 0.0);
  // Sums of squares cannot cancel, so one NaN or Inf anywhere shows in the total; its bits tell.
  state[2] = select(0.0, 1.0, (bitcast<u32>(all) & 0x7f800000u) == 0x7f800000u);
  state[3] = 0.0;
}
