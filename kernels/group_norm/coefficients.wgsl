// coefficients[n, c] = (a, b, d, mean) such that dX = a·dY + b·(x − mean) + d. With the group's
// S1 = Σ gamma·dY, S2 = Σ gamma·dY·x̂ over m elements: a = rstd·gamma, b = −rstd²·S2/m, d = −rstd·S1/m.
// One workgroup works on one (image, group); workgroup id.x = n·G + g. Prepended: _shared/lane_sum.wgsl.
struct Params { channels: u32, groups: u32, pixels: u32, chunks: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> rstd: array<f32>;
@group(0) @binding(5) var<storage, read_write> coefficients: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.x / params.groups;
  let g = group.x % params.groups;
  let width = params.channels / params.groups;
  let entries = params.chunks * width;
  let first = n * params.chunks * params.channels + g * width;
  var sums = vec2f(0.0);
  for (var e = lane; e < entries; e += LANES) {
    let j = e % width;
    sums += gamma[g * width + j] * partials[first + e / width * params.channels + j];
  }
  let m = f32(params.pixels * width);
  let s1 = laneSum(lane, sums.x) / m;
  let s2 = laneSum(lane, sums.y) / m;
  let inverse = rstd[group.x];
  for (var j = lane; j < width; j += LANES) {
    let c = g * width + j;
    let a = inverse * gamma[c];
    coefficients[n * params.channels + c] = vec4f(a, -inverse * inverse * s2, -inverse * s1, mean[group.x]);
  }
}
