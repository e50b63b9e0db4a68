// The indices of each row's selected keys, in ascending order.
//
// Rows and keys as in cut.wgsl. Key i of a row is selected where the row's cut takes it: `upper` for keys of at
// least `split`, `lower` for those below; with `all` 1 every key but 0 is. Output of a row, from
// table[segment].first output on, k numbers: out i32 [images, outLength] = start + i of the selected, then -1;
// outKeys u32, of the same shape, their keys. counts i32 [rows, 2]: how many came from upper and from lower.
// More than k selected keys: the first k.
//
// One workgroup works on one row, each invocation on a stretch of it: count, then write.
struct Params { segments: u32, length: u32, outLength: u32, split: u32, all: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> upper: array<u32>;
@group(0) @binding(4) var<storage, read> lower: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<i32>;
@group(0) @binding(6) var<storage, read_write> outKeys: array<u32>;
@group(0) @binding(7) var<storage, read_write> counts: array<i32>;

override WIDTH: u32 = 32u;

// Selected keys of each invocation's stretch.
var<workgroup> found: array<u32, WIDTH>;
// Those of them that upper took and that are written.
var<workgroup> fromUpper: array<u32, WIDTH>;

// A row's cuts: (key, end) of upper, (key, end) of lower.
fn isSelected(key: u32, i: u32, cut: vec4u) -> bool {
  if (params.all == 1u) { return key > 0u; }
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
  let cut = vec4u(upper[row * 4u], upper[row * 4u + 1u], lower[row * 4u], lower[row * 4u + 1u]);
  let stretch = (size + WIDTH - 1u) / WIDTH;
  let begin = local * stretch;
  let end = min(size, begin + stretch);

  var count = 0u;
  for (var i = begin; i < end; i++) { count += u32(isSelected(keys[start + i], i, cut)); }
  found[local] = count;
  workgroupBarrier();

  var at = 0u;
  for (var other = 0u; other < local; other++) { at += found[other]; }
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
    total += found[other];
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
