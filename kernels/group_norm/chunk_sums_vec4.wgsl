// chunk_sums.wgsl for four channels an invocation; base and channels are in vectors of four.
struct Params {
  count: u32, row: u32, base: u32, channels: u32, pixels: u32, chunk: u32, chunks: u32,
  firstImage: u32, firstChunk: u32, partChunks: u32, groups: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> rstd: array<f32>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4f>;

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
  let width = 4u * params.channels / params.groups;
  let s = n * params.groups + (4u * c + vec4u(0u, 1u, 2u, 3u)) / width;
  let average = vec4f(mean[s.x], mean[s.y], mean[s.z], mean[s.w]);
  var sum = vec4f(0.0);
  var product = vec4f(0.0);
  var at = params.base + (image * params.pixels + k * params.chunk) * params.channels + c;
  for (var p = 0u; p < length; p++) {
    var dY = dOut[at];
    if (params.relu != 0u) { dY = select(vec4f(0.0), dY, out[at] > vec4f(0.0)); }
    sum += dY;
    product += dY * (x[at] - average);
    at += params.channels;
  }
  product *= vec4f(rstd[s.x], rstd[s.y], rstd[s.z], rstd[s.w]);
  let slot = (n * params.chunks + params.firstChunk + k) * params.channels + c;
  partials[2u * slot] = vec4f(sum.x, product.x, sum.y, product.y);
  partials[2u * slot + 1u] = vec4f(sum.z, product.z, sum.w, product.w);
}
