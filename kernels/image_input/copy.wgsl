// Flips, channel order, mean and deviation of an image that keeps its size, and zeros right of and below it: one image
// of the batch [N, batchHeight, batchWidth, 3], as vectors. source: RGB bytes [height, width, 3] packed little-endian
// into words. One invocation writes four pixels of a row, which are three words, and three vectors; widths are
// multiples of 4, in `quads` of them. mean0 … deviation2 belong to the written channels, after the change to BGR.
struct Params {
  count: u32, row: u32, base: u32, quads: u32, height: u32, batchQuads: u32, flipX: u32, flipY: u32, bgr: u32,
  mean0: f32, mean1: f32, mean2: f32, deviation0: f32, deviation1: f32, deviation2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> batch: array<vec4f>;

// Byte `place` of four pixels, each in the lower bytes of its word.
fn channel(pixels: vec4u, place: u32) -> vec4f { return vec4f((pixels >> vec4u(8u * place)) & vec4u(255u)); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let x = index % params.batchQuads;
  let y = index / params.batchQuads;
  let inside = x < params.quads && y < params.height;
  let column = min(x, params.quads - 1u);
  let line = min(y, params.height - 1u);
  let fromX = select(column, params.quads - 1u - column, params.flipX != 0u);
  let fromY = select(line, params.height - 1u - line, params.flipY != 0u);
  let word = 3u * (fromY * params.quads + fromX);
  let a = source[word];
  let b = source[word + 1u];
  let c = source[word + 2u];
  var pixels = vec4u(a, (a >> 24u) | (b << 8u), (b >> 16u) | (c << 16u), c >> 8u);
  pixels = select(pixels, pixels.wzyx, params.flipX != 0u);
  let mean = vec3f(params.mean0, params.mean1, params.mean2);
  let deviation = vec3f(params.deviation0, params.deviation1, params.deviation2);
  let first = (channel(pixels, 2u * params.bgr) - mean.x) / deviation.x;
  let second = (channel(pixels, 1u) - mean.y) / deviation.y;
  let third = (channel(pixels, 2u - 2u * params.bgr) - mean.z) / deviation.z;
  let to = params.base + 3u * index;
  batch[to] = select(vec4f(), vec4f(first.x, second.x, third.x, first.y), inside);
  batch[to + 1u] = select(vec4f(), vec4f(second.y, third.y, first.z, second.z), inside);
  batch[to + 2u] = select(vec4f(), vec4f(third.z, first.w, second.w, third.w), inside);
}
