// out[r, p] = the name of the box that indices[r, p] names, then -1, -2, … for the image's truths, then 0.
//
// names i32 [rows, L]; indices i32 [rows, K], its first counts[2 r] + counts[2 r + 1] entries are used; truthCounts
// i32 [rows], of which min(truthCounts, truthLength) follow. out i32 [rows, P]. One invocation writes one name.
struct Params { size: u32, row: u32, capacity: u32, indexLength: u32, length: u32, truthLength: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> names: array<i32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read> truthCounts: array<i32>;
@group(0) @binding(5) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  let row = at / params.capacity;
  let p = i32(at % params.capacity);
  let found = counts[row * 2u] + counts[row * 2u + 1u];
  var added = 0;
  if (params.truthLength > 0u) { added = min(max(truthCounts[row], 0), i32(params.truthLength)); }
  var name = 0;
  if (p < found) {
    name = names[row * params.length + u32(indices[row * params.indexLength + u32(p)])];
  } else if (p < found + added) {
    name = found - p - 1;
  }
  out[at] = name;
}
