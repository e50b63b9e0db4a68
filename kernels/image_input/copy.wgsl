// Flips, channel order, mean and deviation of images that keep their size, and zeros right of and below them: some
// images of the batch [N, batchHeight, batchWidth, 3], as vectors, along the grid's z. source#: RGB bytes
// [height, width, 3] packed little-endian into words. One invocation writes four pixels of a row, which are three words,
// and three vectors; widths are multiples of 4, in `quads` of them. mean0 … deviation2 belong to the written channels,
// after the change to BGR. Lines between //EACH and //END are repeated for each image.
struct Params {
  count: u32, row: u32, batchQuads: u32, bgr: u32,
  mean0: f32, mean1: f32, mean2: f32, deviation0: f32, deviation1: f32, deviation2: f32,
  //EACH
  base#: u32, quads#: u32, height#: u32, flipX#: u32, flipY#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> batch: array<vec4f>;
//EACH
@group(0) @binding(2#) var<storage, read> source#: array<u32>;
//END

struct Image { base: u32, quads: u32, height: u32, flipX: bool, flipY: bool }

fn imageOf(index: u32) -> Image {
  var image = Image();
  //EACH
  if (index == #u) {
    image = Image(params.base#, params.quads#, params.height#, params.flipX# != 0u, params.flipY# != 0u);
  }
  //END
  return image;
}

// Four pixels from word `at` on.
fn wordsOf(index: u32, at: u32) -> vec3u {
  var words = vec3u();
  //EACH
  if (index == #u) { words = vec3u(source#[at], source#[at + 1u], source#[at + 2u]); }
  //END
  return words;
}

// Byte `place` of four pixels, each in the lower bytes of its word.
fn channel(pixels: vec4u, place: u32) -> vec4f { return vec4f((pixels >> vec4u(8u * place)) & vec4u(255u)); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let image = imageOf(id.z);
  let x = index % params.batchQuads;
  let y = index / params.batchQuads;
  let inside = x < image.quads && y < image.height;
  let column = min(x, image.quads - 1u);
  let line = min(y, image.height - 1u);
  let fromX = select(column, image.quads - 1u - column, image.flipX);
  let fromY = select(line, image.height - 1u - line, image.flipY);
  let words = wordsOf(id.z, 3u * (fromY * image.quads + fromX));
  let second = (words.x >> 24u) | (words.y << 8u);
  let third = (words.y >> 16u) | (words.z << 16u);
  var pixels = vec4u(words.x, second, third, words.z >> 8u);
  pixels = select(pixels, pixels.wzyx, image.flipX);
  let mean = vec3f(params.mean0, params.mean1, params.mean2);
  let deviation = vec3f(params.deviation0, params.deviation1, params.deviation2);
  let a = (channel(pixels, 2u * params.bgr) - mean.x) / deviation.x;
  let b = (channel(pixels, 1u) - mean.y) / deviation.y;
  let c = (channel(pixels, 2u - 2u * params.bgr) - mean.z) / deviation.z;
  let to = image.base + 3u * index;
  batch[to] = select(vec4f(), vec4f(a.x, b.x, c.x, a.y), inside);
  batch[to + 1u] = select(vec4f(), vec4f(b.y, c.y, a.z, b.z), inside);
  batch[to + 2u] = select(vec4f(), vec4f(c.z, a.w, b.w, c.w), inside);
}
