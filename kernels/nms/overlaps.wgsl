// Which boxes overlap too much: a bit matrix, the first half of greedy NMS.
//
// boxes f32 [images, K, 4] as (x1, y1, x2, y2) with sides x2 - x1 + offset; valid i32 [images, K]: a box is
// valid where valid >= validFrom, and all are where useValid is 0. table u32 [segments, 4] = (start, size, keep,
// first word of the segment in an image's matrix). A row is one segment of one image, from firstImage on.
// matrix u32: bit b of word w of a row's box i is set where box j = 32 w + b > i has IoU(i, j) > threshold.
// Words before i's own, and those of invalid boxes, stay unwritten: nobody reads them.
//
// A workgroup compares 64 boxes i with 64 boxes j, which lie in workgroup memory: one invocation makes two words of one
// i. All are compared, in straight lines with constant addresses, since that is what a software adapter computes best;
// bits that mean nothing are cleared in the end. Appended: `compare`, which straight_lines() in suppress.ts writes.
// IoU > t is decided as intersection > t * union: products and sums round the same on every device, quotients do not.
// The min() keep a driver from fusing a product into the sum after it, which would round differently.
struct Params {
  segments: u32, length: u32, words: u32, firstImage: u32, threshold: f32, useValid: u32, validFrom: i32, offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;
@group(0) @binding(3) var<storage, read> table: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> matrix: array<u32>;

const LARGEST = 3.0e38;

fn areaOf(box: vec4f) -> f32 {
  return min((box.z - box.x + params.offset) * (box.w - box.y + params.offset), LARGEST);
}

const BLOCK = 64u;
var<workgroup> others: array<vec4f, BLOCK>;
var<workgroup> areas: array<f32, BLOCK>;
var<workgroup> entry: vec4u;

// Bit `bit` where a box overlaps another one too much.
fn overlap(mine: vec4f, area: f32, other: vec4f, otherArea: f32, bit: u32) -> u32 {
  let sides = max(min(mine.zw, other.zw) - max(mine.xy, other.xy) + params.offset, vec2f(0.0));
  let meet = min(sides.x * sides.y, LARGEST);
  let together = area + otherArea - meet;
  return u32(meet > max(params.threshold * together, 0.0)) << bit;
}

// Writes `bits` as word `word` of box i, without those that stand for no box after i.
fn writeWord(at: u32, word: u32, i: u32, bits: u32) {
  let size = entry.y;
  if (word * 32u >= size || word < i / 32u) { return; }
  var kept = bits;
  if (word == i / 32u) { kept &= 0xfffffffeu << (i & 31u); }
  if (size - word * 32u < 32u) { kept &= (1u << (size & 31u)) - 1u; }
  matrix[at + word] = kept;
}

@compute @workgroup_size(BLOCK)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = u32((f32(group.z) + 0.5) / f32(params.segments)); // integer divisions are dear on a software adapter
  if (local == 0u) { entry = table[group.z - image * params.segments]; }
  workgroupBarrier();
  let size = entry.y;
  // Blocks of j from i's own on: those of the first block of i and of the last stand in one row of the grid.
  let blocks = (size + BLOCK - 1u) / BLOCK;
  let isLast = group.x >= blocks - group.y;
  let block = select(group.y, blocks - 1u - group.y, isLast);
  let column = group.x - select(0u, blocks - group.y, isLast) + block;
  let i = block * BLOCK + local;
  let first = (params.firstImage + image) * params.length + entry.x;
  let last = max(size, 1u) - 1u;
  let other = boxes[first + min(column * BLOCK + local, last)];
  others[local] = other;
  areas[local] = areaOf(other);
  let mine = boxes[first + min(i, last)];
  workgroupBarrier();

  let words = compare(mine, areaOf(mine));

  if (2u * group.y >= blocks || column >= blocks || i >= size) { return; }
  if (params.useValid == 1u && valid[first + i] < params.validFrom) { return; }
  let at = image * params.words + entry.w + i * ((size + 31u) / 32u);
  writeWord(at, 2u * column, i, words.x);
  writeWord(at, 2u * column + 1u, i, words.y);
}
