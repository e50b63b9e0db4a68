// Sorts each row's selected indices by key, the best first; equal keys stay in index order.
//
// found i32 [images, length], foundKeys u32 of the same shape, counts i32 [rows, 2] as compact.wgsl gives them:
// indices ascending, -1 after the count. out i32 of found's shape: the same indices sorted, then -1.
// A row is one segment of one image, k = table[segment][2] numbers from table[segment][3] on.
//
// One invocation places one index: its rank is the number of those that go before it. No barriers; the keys that
// it is compared with are the same for the whole workgroup, so one load serves all.
struct Params { segments: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> found: array<i32>;
@group(0) @binding(2) var<storage, read> foundKeys: array<u32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read> table: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * 64u + local;
  let row = group.y;
  let entry = (row % params.segments) * 4u;
  let k = table[entry + 2u];
  if (i >= k) { return; }
  let first = (row / params.segments) * params.length + table[entry + 3u];
  let count = u32(counts[row * 2u] + counts[row * 2u + 1u]);
  if (i >= count) {
    out[first + i] = -1;
    return;
  }
  let key = foundKeys[first + i];
  var rank = 0u;
  for (var j = 0u; j < count; j++) {
    let other = foundKeys[first + j];
    rank += u32(other > key || (other == key && j < i));
  }
  out[first + rank] = found[first + i];
}
