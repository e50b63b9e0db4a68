// targets[n][p] = offsets of the matched truth from boxes[n][p], weighted; sides are x2 - x1 + offset.
// One invocation encodes one box.
struct Params {
  count: u32, // N·P
  row: u32, // invocations per grid row
  rows: u32, // P
  imageStride: u32, // boxes from one image's first to the next one's; 0 where all share them
  truths: u32, // G
  weightX: f32,
  weightY: f32,
  weightW: f32,
  weightH: f32,
  offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> truths: array<vec4f>;
@group(0) @binding(3) var<storage, read> matches: array<i32>;
@group(0) @binding(4) var<storage, read_write> targets: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let image = i / params.rows;
  let box = boxes[image * params.imageStride + i % params.rows];
  let truth = truths[image * params.truths + u32(max(matches[i], 0))];
  let size = box.zw - box.xy + params.offset;
  let truthSize = truth.zw - truth.xy + params.offset;
  if (!(min(min(size.x, size.y), min(truthSize.x, truthSize.y)) > 0.0)) {
    targets[i] = vec4f(0.0);
    return;
  }
  // Both centres by the same expression, so that a box equal to its truth gives exact zeros.
  let shift = (truth.xy + 0.5 * truthSize) - (box.xy + 0.5 * size);
  targets[i] = vec4f(
    vec2f(params.weightX, params.weightY) * shift / size,
    vec2f(params.weightW, params.weightH) * log(truthSize / size),
  );
}
