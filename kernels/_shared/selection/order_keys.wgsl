// keys[n, i] = the key of values[n, i] that sorts as the number does (order_key.wgsl), or 0 where it is no candidate.
// values f32 [N, L], bound as bits; mask i32 [N, L]: 0 is no candidate, read where useMask is 1, and 0 and below are none where it is 2; counts i32 [N]:
// indices from counts[n] on are none, read where useCounts is 1; keys u32 [N, L]. One invocation makes one key.
struct Params { size: u32, row: u32, length: u32, ascending: u32, useMask: u32, useCounts: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> mask: array<i32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.size) { return; }
  var key = orderKey(values[i], params.ascending == 1u);
  if (params.useMask == 1u && mask[i] == 0) { key = 0u; }
  if (params.useMask == 2u && mask[i] <= 0) { key = 0u; }
  if (params.useCounts == 1u && i32(i % params.length) >= counts[i / params.length]) { key = 0u; }
  keys[i] = key;
}
