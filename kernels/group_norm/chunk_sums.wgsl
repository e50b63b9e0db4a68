// partials[n, k, c] = (Σ dY, Σ dY·x̂) over chunk k of image n's pixels, channel c, where dY is dOut masked by
// out > 0 where `relu`, and x̂ = (x − mean)·rstd. dOut, out, x [N, H, W, C]; mean, rstd [N, G];
// partials [N, chunks, C]. One invocation computes one partial. Parts as in chunk_moments.wgsl.
// Without relu dOut is bound as out, unread.
struct Params {
  count: u32, row: u32, base: u32, channels: u32, pixels: u32, chunk: u32, chunks: u32,
  firstImage: u32, firstChunk: u32, partChunks: u32, groups: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> rstd: array<f32>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let c = index % params.channels;
  let k = index / params.channels % params.partChunks;
  let image = index / params.channels / params.partChunks;
  let begin = (params.firstChunk + k) * params.chunk;
  let length = min(params.chunk, params.pixels - begin);
  let n = params.firstImage + image;
  let statistic = n * params.groups + c / (params.channels / params.groups);
  let average = mean[statistic];
  var sum = 0.0;
  var product = 0.0;
  var at = params.base + (image * params.pixels + k * params.chunk) * params.channels + c;
  for (var p = 0u; p < length; p++) {
    var dY = dOut[at];
    if (params.relu != 0u) { dY = select(0.0, dY, out[at] > 0.0); }
    sum += dY;
    product += dY * (x[at] - average);
    at += params.channels;
  }
  let slot = (n * params.chunks + params.firstChunk + k) * params.channels + c;
  partials[slot] = vec2f(sum, product * rstd[statistic]);
}
