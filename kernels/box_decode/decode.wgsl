// out[n][k][c] = boxes moved by their offsets and clipped to the image; sides are x2 - x1 + offset.
// One invocation decodes one box.
struct Params {
  count: u32, // N·K·C
  row: u32, // invocations per grid row
  rows: u32, // P: rows of boxes and deltas per image
  imageStride: u32, // boxes from one image's first to the next one's; 0 where all share them
  picked: u32, // K
  classes: u32, // C
  columns: u32, // numbers per row of deltas
  indexed: u32, // 1: row k of the result is row indices[n][k]; 0: row k itself
  agnostic: u32, // 1: the last four columns serve every class
  clip: u32,
  weightX: f32,
  weightY: f32,
  weightW: f32,
  weightH: f32,
  largestLog: f32,
  smallestLog: f32,
  offset: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> deltas: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(0) @binding(4) var<storage, read> imageSizes: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> decoded: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let picked = i / params.classes;
  let image = picked / params.picked;
  var source = i32(picked % params.picked);
  if (params.indexed == 1u) { source = indices[picked]; }
  if (source < 0) {
    decoded[i] = vec4f(0.0);
    return;
  }
  let box = boxes[image * params.imageStride + u32(source)];
  let column = select(4u * (i % params.classes), params.columns - 4u, params.agnostic == 1u);
  let at = (image * params.rows + u32(source)) * params.columns + column;
  let shift = vec2f(deltas[at], deltas[at + 1u]) / vec2f(params.weightX, params.weightY);
  let grow = vec2f(deltas[at + 2u], deltas[at + 3u]) / vec2f(params.weightW, params.weightH);
  let size = box.zw - box.xy + params.offset;
  let center = shift * size + (box.xy + 0.5 * size);
  let half = 0.5 * exp(clamp(grow, vec2f(params.smallestLog), vec2f(params.largestLog))) * size;
  var result = vec4f(center - half, center + half - params.offset);
  if (params.clip == 1u) {
    let last = (imageSizes[image] - params.offset).xyxy;
    result = min(max(result, vec4f(0.0)), last);
  }
  decoded[i] = result;
}
