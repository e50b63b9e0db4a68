// keep[n, p, c] = 1 where NMS kept class c of proposal p.
// sorted i32 [N, C - 1, P]: proposals of a class in score order, then -1; mask i32 of the same shape: 1 where NMS kept
// the one at this place; keep i32 [N, P, C], zeros on entry (class_keys.wgsl). One invocation handles one place; proposals of a class
// differ, so no two write the same element.
struct Params { size: u32, row: u32, proposals: u32, classes: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sorted: array<i32>;
@group(0) @binding(2) var<storage, read> mask: array<i32>;
@group(0) @binding(3) var<storage, read_write> keep: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size || mask[at] == 0) { return; }
  let list = at / params.proposals;
  let image = list / (params.classes - 1u);
  let class_ = list % (params.classes - 1u) + 1u;
  keep[(image * params.proposals + u32(sorted[at])) * params.classes + class_] = 1;
}
