// Sorts each row's selected indices by key, the best first; equal keys stay in index order.
//
// found i32 [images, length], foundKeys u32 of the same shape, counts i32 [rows, 2] as compact.wgsl gives them:
// indices ascending, -1 after the count. out i32 of found's shape: the same indices sorted, then -1.
// A row is one segment of one image, k = table[segment][2] numbers from table[segment][3] on.
//
// One invocation places four indices: the rank of each is the number of those that go before it. No barriers; the keys
// that they are compared with are the same for the whole workgroup, so one load serves all.
struct Params { segments: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> found: array<i32>;
@group(0) @binding(2) var<storage, read> foundKeys: array<u32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read> table: array<u32>;
@group(0) @binding(5) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x * 64u + local) * 4u + vec4u(0u, 1u, 2u, 3u);
  let row = group.y;
  let entry = (row % params.segments) * 4u;
  let k = table[entry + 2u];
  if (i.x >= k) { return; }
  let first = (row / params.segments) * params.length + table[entry + 3u];
  let count = u32(counts[row * 2u] + counts[row * 2u + 1u]);
  let at = first + min(i, vec4u(k - 1u));
  let key = vec4u(foundKeys[at.x], foundKeys[at.y], foundKeys[at.z], foundKeys[at.w]);
  var rank = vec4u();
  for (var j = 0u; j < count; j++) {
    let other = vec4u(foundKeys[first + j]);
    rank += select(vec4u(), vec4u(1u), (other > key) | ((other == key) & (vec4u(j) < i)));
  }
  for (var n = 0u; n < 4u && i[n] < k; n++) {
    if (i[n] < count) { out[first + rank[n]] = found[first + i[n]]; } else { out[first + i[n]] = -1; }
  }
}
