// anchors[i] = cell anchor shifted by (stride · column, strideY · row). One invocation writes one anchor.
struct Params {
  count: u32, // anchors of this level
  row: u32, // invocations per grid row
  width: u32, // columns of this level
  perCell: u32,
  cellBase: u32, // first cell anchor of this level
  base: u32, // first anchor of this level
  stride: f32, // pixels between columns
  strideY: f32, // pixels between rows
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cells: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> anchors: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let position = i / params.perCell;
  let x = f32(position % params.width) * params.stride;
  let y = f32(position / params.width) * params.strideY;
  anchors[params.base + i] = cells[params.cellBase + i % params.perCell] + vec4f(x, y, x, y);
}
