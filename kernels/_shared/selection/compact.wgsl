// The indices of each row's selected keys, in ascending order.
//
// Rows, keys and cuts as in search.wgsl, which is prepended. Selected are of a row: with `sides` 0 all keys but 0; with 1
// the best k; with 2 the best `most` (k, where that is less) of the keys of at least `split`, and of those below the best
// that make them k. Output of a row, from table[segment].first output on, k numbers: out i32 [images, outLength]
// = start + i of the selected, then -1; outKeys u32, of the same shape, their keys. counts i32 [rows, 2]: how many are of
// at least `split`, and how many below. More than k selected keys: the first k.
//
// One workgroup works on one row: it finds the cuts; then each invocation counts and writes a stretch of the row.
struct Params { segments: u32, length: u32, outLength: u32, split: u32, most: u32, sides: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> out: array<i32>;
@group(0) @binding(4) var<storage, read_write> outKeys: array<u32>;
@group(0) @binding(5) var<storage, read_write> counts: array<i32>;

// Selected keys of each invocation's stretch.
var<workgroup> selected: array<u32, WIDTH>;
// Those of them of at least `split` that are written.
var<workgroup> fromUpper: array<u32, WIDTH>;
// The row's cuts of the keys of at least `split`, and of those below.
var<workgroup> cuts: array<vec4u, 2>;

// Fills `cuts`. Keys 0 are no candidates, so that a cut at key 0 takes all others.
fn findCuts(start: u32, size: u32, k: u32, local: u32) {
  if (local == 0u) { cuts = array(vec4u(), vec4u()); }
  var rest = k;
  for (var side = 0u; side < params.sides; side++) {
    let isUpper = side == 0u;
    let low = select(1u, max(1u, params.split), isUpper);
    let high = select(params.split - 1u, 0xffffffffu, isUpper);
    let wanted = select(rest, min(rest, params.most), isUpper);
    let cut = findCut(Row(start, size, wanted, low, high), local, false);
    if (local == 0u) { cuts[side] = cut; }
    workgroupBarrier();
    rest -= cuts[side].z;
  }
  workgroupBarrier();
}

fn isSelected(key: u32, i: u32, cut: vec4u) -> bool {
  let side = select(cut.zw, cut.xy, key >= params.split);
  return key > 0u && (key > side.x || (key == side.x && i < side.y));
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  let entry = (row % params.segments) * 4u;
  let image = row / params.segments;
  let start = image * params.length + table[entry];
  let size = table[entry + 1u];
  let k = table[entry + 2u];
  let first = image * params.outLength + table[entry + 3u];
  findCuts(start, size, k, local);
  let cut = vec4u(cuts[0].xy, cuts[1].xy);
  let stretch = (size + WIDTH - 1u) / WIDTH;
  let begin = local * stretch;
  let end = min(size, begin + stretch);

  var count = 0u;
  for (var i = begin; i < end; i++) { count += u32(isSelected(keys[start + i], i, cut)); }
  selected[local] = count;
  workgroupBarrier();

  var at = 0u;
  for (var other = 0u; other < local; other++) { at += selected[other]; }
  var above = 0u;
  for (var i = begin; i < end && at < k; i++) {
    let key = keys[start + i];
    if (isSelected(key, i, cut)) {
      out[first + at] = i32(table[entry] + i);
      outKeys[first + at] = key;
      at++;
      above += u32(key >= params.split);
    }
  }
  fromUpper[local] = above;
  workgroupBarrier();

  var total = 0u;
  var totalAbove = 0u;
  for (var other = 0u; other < WIDTH; other++) {
    total += selected[other];
    totalAbove += fromUpper[other];
  }
  total = min(total, k);
  for (var i = total + local; i < k; i += WIDTH) {
    out[first + i] = -1;
    outKeys[first + i] = 0u;
  }
  if (local == 0u) {
    counts[row * 2u] = i32(totalAbove);
    counts[row * 2u + 1u] = i32(total - totalAbove);
  }
}
