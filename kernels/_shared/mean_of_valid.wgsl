// mean = Σ terms / max(1, count), count = number of selectors that are not negative. terms [n] are 0 where they
// do not count. One workgroup: a lane adds every 128th term, then lane 0 adds the lanes, in order.
struct Params { size: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> terms: array<f32>;
@group(0) @binding(2) var<storage, read> selectors: array<i32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> count: array<f32>;

const LANES = 128u;
var<workgroup> laneSums: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = vec2f(0.0);
  for (var i = lane; i < params.size; i += LANES) {
    sum += vec2f(terms[i], select(0.0, 1.0, selectors[i] >= 0));
  }
  laneSums[lane] = sum;
  workgroupBarrier();
  if (lane != 0u) { return; }
  for (var i = 1u; i < LANES; i++) { sum += laneSums[i]; }
  mean[0] = sum.x / max(1.0, sum.y);
  count[0] = sum.y;
}
