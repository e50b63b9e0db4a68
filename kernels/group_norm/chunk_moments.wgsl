// partials[n, k, c] = (mean, sum of squared deviations) of x over chunk k of image n's pixels, channel c.
// x [N, H, W, C]; partials [N, chunks, C]. One invocation computes one partial; neighbours read neighbouring
// channels. Sums are of differences from the chunk's first value, which keeps a large mean from eating digits.
// A part is several whole images, or some chunks (from firstChunk) of the one image firstImage.
struct Params {
  count: u32, row: u32, base: u32, channels: u32, pixels: u32, chunk: u32, chunks: u32,
  firstImage: u32, firstChunk: u32, partChunks: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let c = index % params.channels;
  let k = index / params.channels % params.partChunks;
  let image = index / params.channels / params.partChunks;
  let begin = (params.firstChunk + k) * params.chunk;
  let length = min(params.chunk, params.pixels - begin);
  let at = params.base + (image * params.pixels + k * params.chunk) * params.channels + c;
  let origin = x[at];
  var sum = 0.0;
  var squares = 0.0;
  for (var p = 1u; p < length; p++) {
    let difference = x[at + p * params.channels] - origin;
    sum += difference;
    squares += difference * difference;
  }
  let mean = sum / f32(length);
  let slot = ((params.firstImage + image) * params.chunks + params.firstChunk + k) * params.channels + c;
  partials[slot] = vec2f(origin + mean, squares - sum * mean);
}
