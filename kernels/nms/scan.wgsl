// Greedy NMS over the bit matrix of overlaps.wgsl, the second half: boxes in order, each kept unless one kept before
// it overlaps it too much, until `keep` are kept. Tensors and rows as in overlaps.wgsl;
// mask i32 [images, K]: 1 for a kept box, else 0.
//
// One workgroup works on one row, 32 boxes between two barriers. All invocations decide the same about these 32
// from the words of the matrix among themselves; then each brings its share of the later words up to date.
struct Params { segments: u32, length: u32, words: u32, firstImage: u32, useValid: u32, validFrom: i32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<u32>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;
@group(0) @binding(3) var<storage, read> table: array<u32>;
@group(0) @binding(4) var<storage, read_write> mask: array<i32>;

override WIDTH: u32 = 32u;

// One bit per box: suppressed or invalid. 512 words: at most 16384 boxes a segment.
var<workgroup> removed: array<u32, 512>;
// Words of 32 boxes among themselves: of this block and, being loaded, of the next.
var<workgroup> own: array<u32, 64>;

// The boxes of word `word` that are invalid or beyond the row.
fn invalidBits(first: u32, size: u32, word: u32) -> u32 {
  var bits = 0u;
  for (var bit = 0u; bit < 32u; bit++) {
    let i = word * 32u + bit;
    var isOut = i >= size;
    if (!isOut && params.useValid == 1u) { isOut = valid[first + i] < params.validFrom; }
    bits |= u32(isOut) << bit;
  }
  return bits;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let image = group.x / params.segments;
  let entry = (group.x % params.segments) * 4u;
  let first = (params.firstImage + image) * params.length + table[entry];
  let size = table[entry + 1u];
  let keep = table[entry + 2u];
  let at = image * params.words + table[entry + 3u];
  let words = (size + 31u) / 32u;

  for (var word = local; word < words; word += WIDTH) { removed[word] = invalidBits(first, size, word); }
  for (var bit = local; bit < min(32u, size); bit += WIDTH) { own[bit] = matrix[at + bit * words]; }
  workgroupBarrier();

  var kept = 0u;
  for (var block = 0u; block < words; block++) {
    let current = (block & 1u) * 32u;
    var gone = removed[block];
    var keepers = 0u;
    for (var bit = 0u; bit < 32u && kept < keep; bit++) {
      if (((gone >> bit) & 1u) == 0u) {
        gone |= own[current + bit];
        keepers |= 1u << bit;
        kept++;
      }
    }
    for (var word = block + 1u + local; word < words; word += WIDTH) {
      var bits = removed[word];
      for (var rest = keepers; rest != 0u; rest &= rest - 1u) {
        bits |= matrix[at + (block * 32u + firstTrailingBit(rest)) * words + word];
      }
      removed[word] = bits;
    }
    for (var bit = local; bit < 32u; bit += WIDTH) {
      let i = block * 32u + bit;
      if (i < size) { mask[first + i] = i32((keepers >> bit) & 1u); }
      let next = i + 32u;
      if (next < size) { own[32u - current + bit] = matrix[at + next * words + block + 1u]; }
    }
    workgroupBarrier();
  }
}
