// labels[n][r]: 1 matched, 0 background, −1 between or not visible. One invocation labels one anchor.
struct Params {
  count: u32, // N·R
  row: u32, // invocations per grid row
  rows: u32, // R
  straddle: f32, // pixels an anchor may reach over the border; negative: any number
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> anchors: array<vec4f>;
@group(0) @binding(2) var<storage, read> matches: array<i32>;
@group(0) @binding(3) var<storage, read> imageSizes: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> labels: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let anchor = anchors[i % params.rows];
  let limit = imageSizes[i / params.rows] + params.straddle;
  let inside = all(anchor.xy >= vec2f(-params.straddle)) && all(anchor.zw < limit);
  let visible = inside || params.straddle < 0.0;
  let wanted = select(min(matches[i] + 1, 0), 1, matches[i] >= 0);
  labels[i] = select(-1, wanted, visible);
}
