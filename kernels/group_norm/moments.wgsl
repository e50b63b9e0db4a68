// Merges chunk moments into mean and rstd = 1 / sqrt(variance + epsilon) [N, G], and the tables of the affine
// that normalizes: scale = rstd·gamma, shift = beta − mean·scale, both [N, C].
// One workgroup works on one (image, group); workgroup id.x = n·G + g. Prepended: _shared/lane_sum.wgsl.
struct Params { channels: u32, groups: u32, pixels: u32, chunk: u32, chunks: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(6) var<storage, read_write> scale: array<f32>;
@group(0) @binding(7) var<storage, read_write> shift: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let n = group.x / params.groups;
  let g = group.x % params.groups;
  let width = params.channels / params.groups;
  let entries = params.chunks * width;
  let first = n * params.chunks * params.channels + g * width;
  let total = f32(params.pixels * width);
  var sum = 0.0;
  for (var e = lane; e < entries; e += LANES) {
    let k = e / width;
    let length = f32(min(params.chunk, params.pixels - k * params.chunk));
    sum += length * partials[first + k * params.channels + e % width].x;
  }
  let average = laneSum(lane, sum) / total;
  var squares = 0.0;
  for (var e = lane; e < entries; e += LANES) {
    let k = e / width;
    let length = f32(min(params.chunk, params.pixels - k * params.chunk));
    let partial = partials[first + k * params.channels + e % width];
    let offset = partial.x - average;
    squares += partial.y + length * offset * offset;
  }
  let variance = laneSum(lane, squares) / total;
  let inverse = 1.0 / sqrt(variance + params.epsilon);
  if (lane == 0u) {
    mean[group.x] = average;
    rstd[group.x] = inverse;
  }
  for (var j = lane; j < width; j += LANES) {
    let c = g * width + j;
    let factor = inverse * gamma[c];
    scale[n * params.channels + c] = factor;
    shift[n * params.channels + c] = beta[c] - average * factor;
  }
}
