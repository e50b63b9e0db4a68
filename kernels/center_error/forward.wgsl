// out[i] = (|dx| + |dy|) / 2 of targets[i] = (dx, dy, dw, dh). targets f32 [count, 4], out f32 [count].
// One invocation computes one row.
struct Params { count: u32, row: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> targets: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let offset = abs(targets[i].xy);
  out[i] = (offset.x + offset.y) * 0.5;
}
