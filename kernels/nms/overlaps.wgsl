// Which boxes overlap too much: a bit matrix, the first half of greedy NMS.
//
// boxes f32 [images, K, 4] as (x1, y1, x2, y2) with sides x2 - x1 + offset; valid i32 [images, K]: a box is
// valid where valid >= validFrom, and all are where useValid is 0. table u32 [segments, 4] = (start, size, keep,
// first word of the segment in an image's matrix). A row is one segment of one image, from firstImage on.
// matrix u32: bit b of word w of a row's box i is set where box j = 32 w + b > i has IoU(i, j) > threshold.
// Words before i's own, and those of invalid boxes, stay unwritten: nobody reads them.
//
// One invocation makes one word; a workgroup has one w and 64 boxes i, so box j is one load for all of them.
// IoU > t is decided as intersection > t * union: products and sums round the same on every device, quotients do not.
// The min() keep a driver from fusing a product into the sum after it, which would round differently.
struct Params {
  segments: u32, length: u32, words: u32, firstImage: u32, threshold: f32, useValid: u32, validFrom: i32, offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;
@group(0) @binding(3) var<storage, read> table: array<u32>;
@group(0) @binding(4) var<storage, read_write> matrix: array<u32>;

const LARGEST = 3.0e38;

fn areaOf(box: vec4f) -> f32 {
  return min((box.z - box.x + params.offset) * (box.w - box.y + params.offset), LARGEST);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = group.z / params.segments;
  let entry = (group.z % params.segments) * 4u;
  let size = table[entry + 1u];
  let i = group.x * 64u + local;
  let word = group.y;
  if (word * 32u >= size || i >= size || word < i / 32u) { return; }
  let first = (params.firstImage + image) * params.length + table[entry];
  if (params.useValid == 1u && valid[first + i] < params.validFrom) { return; }

  let mine = boxes[first + i];
  let area = areaOf(mine);
  var bits = 0u;
  for (var j = word * 32u; j < min(size, word * 32u + 32u); j++) {
    let other = boxes[first + j];
    let sides = max(min(mine.zw, other.zw) - max(mine.xy, other.xy) + vec2f(params.offset), vec2f(0.0));
    let meet = min(sides.x * sides.y, LARGEST);
    let together = area + areaOf(other) - meet;
    bits |= u32(j > i && meet > max(params.threshold * together, 0.0)) << (j & 31u);
  }
  let rowWords = (size + 31u) / 32u;
  matrix[image * params.words + table[entry + 3u] + i * rowWords + word] = bits;
}
