// out[r, i] = 1 where the row's cut takes key i, else 0: the key is above the cut's, or equal and i before its end.
// keys u32 [rows, L]; cuts u32 [rows, 4] = (key, end, count, 0); out i32 [rows, L]. One invocation decides one key.
struct Params { size: u32, row: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> cuts: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  let cut = (at / params.length) * 4u;
  let key = keys[at];
  let isTaken = key > cuts[cut] || (key == cuts[cut] && at % params.length < cuts[cut + 1u]);
  out[at] = i32(isTaken);
}
