// cuts u32 [rows, 4]: the cut of each row among its keys but 0. Prepended: search.wgsl, which says what a row and a cut
// are. One workgroup works on one row.
struct Params { segments: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> cuts: array<vec4u>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  let entry = (row % params.segments) * 4u;
  let start = (row / params.segments) * params.length + table[entry];
  let cut = findCut(Row(start, table[entry + 1u], table[entry + 2u], 1u, 0xffffffffu), local, true);
  if (local == 0u) { cuts[row] = cut; }
}
