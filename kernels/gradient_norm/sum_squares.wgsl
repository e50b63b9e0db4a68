// slots[slot + k] = Σ x² over chunk k of x. One workgroup works on one chunk of `chunk` elements, a lane on every
// LANES-th of them. `slot` is that of the part's first chunk. Prepended: _shared/lane_sum.wgsl.
struct Params { size: u32, base: u32, chunk: u32, slot: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> slots: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let begin = group.x * params.chunk;
  let end = min(begin + params.chunk, params.size);
  var sum = 0.0;
  for (var i = begin + lane; i < end; i += LANES) {
    let value = x[params.base + i];
    sum += value * value;
  }
  let total = laneSum(lane, sum);
  if (lane == 0u) { slots[params.slot + group.x] = total; }
}
