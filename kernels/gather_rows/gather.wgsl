// gathered[n][b] = values[n][indices[n][b]], or `fill` where the index is −1. Moves bits: f32 and i32 alike.
// One invocation moves one number.
struct Params {
  count: u32, // N·B·c
  row: u32, // invocations per grid row
  rows: u32, // P
  picked: u32, // B
  columns: u32, // c
  fill: u32, // bits of the fill value
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read_write> gathered: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let slot = i / params.columns;
  let source = indices[slot];
  if (source < 0) {
    gathered[i] = params.fill;
    return;
  }
  let row = (slot / params.picked) * params.rows + u32(source);
  gathered[i] = values[row * params.columns + i % params.columns];
}
