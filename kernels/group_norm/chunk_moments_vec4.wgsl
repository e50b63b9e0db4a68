// chunk_moments.wgsl for four channels an invocation; base and channels are in vectors of four.
struct Params {
  count: u32, row: u32, base: u32, channels: u32, pixels: u32, chunk: u32, chunks: u32,
  firstImage: u32, firstChunk: u32, partChunks: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;

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
  var sum = vec4f(0.0);
  var squares = vec4f(0.0);
  for (var p = 1u; p < length; p++) {
    let difference = x[at + p * params.channels] - origin;
    sum += difference;
    squares += difference * difference;
  }
  let mean = sum / f32(length);
  let deviations = squares - sum * mean;
  let average = origin + mean;
  let slot = ((params.firstImage + image) * params.chunks + params.firstChunk + k) * params.channels + c;
  partials[2u * slot] = vec4f(average.x, deviations.x, average.y, deviations.y);
  partials[2u * slot + 1u] = vec4f(average.z, deviations.z, average.w, deviations.w);
}
