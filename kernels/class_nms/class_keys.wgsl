// keys[n, c - 1, p] = the order key of scores[n, p, c], c in [1, C), or 0 where class c of proposal p is no candidate:
// its score is not above that of scoreKey, or p >= counts[n]. scores f32 [N, P, C], bound as bits; counts i32 [N];
// keys u32 [N, C - 1, P]. Also keep i32 [N, P, C] = 0, for keep.wgsl. One invocation makes one key, in scores' order.
struct Params { size: u32, row: u32, proposals: u32, classes: u32, scoreKey: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<i32>;
@group(0) @binding(3) var<storage, read_write> keys: array<u32>;
@group(0) @binding(4) var<storage, read_write> keep: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  keep[at] = 0;
  let class_ = at % params.classes;
  let proposal = (at / params.classes) % params.proposals;
  let image = at / (params.classes * params.proposals);
  if (class_ == 0u) { return; }
  var key = orderKey(scores[at], false);
  if (key <= params.scoreKey || i32(proposal) >= counts[image]) { key = 0u; }
  keys[(image * (params.classes - 1u) + class_ - 1u) * params.proposals + proposal] = key;
}
