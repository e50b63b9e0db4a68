// out[i] = 1 where both sides of boxes[i] are at least minSize (x2 - x1 + offset), else 0.
// One invocation looks at one box.
struct Params { count: u32, minSize: f32, offset: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.count) { return; }
  let side = boxes[id.x].zw - boxes[id.x].xy + params.offset;
  out[id.x] = select(0, 1, min(side.x, side.y) >= params.minSize);
}
