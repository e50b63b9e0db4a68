// matches[n][p]: the truth of largest IoU with the box, −1 below `low`, −2 between; ious[n][p]: the IoU with
// truth max(match, 0). One invocation matches one box.
struct Params {
  count: u32, // N·P
  row: u32, // invocations per grid row
  rows: u32, // P
  imageStride: u32, // boxes from one image's first to the next one's; 0 where all share them
  truths: u32, // G
  counted: u32, // 1: boxCounts says how many boxes each image has; 0: all
  lowQuality: u32, // 1: boxes tied for a truth's best IoU are positive
  claimFrom: f32, // from here a truth's best IoU makes its boxes its own; negative: they stay their best truth's
  high: f32,
  low: f32,
  offset: f32, // sides are x2 - x1 + offset
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> boxCounts: array<i32>;
@group(0) @binding(3) var<storage, read> truths: array<vec4f>;
@group(0) @binding(4) var<storage, read> truthCounts: array<i32>;
@group(0) @binding(5) var<storage, read> best: array<u32>;
@group(0) @binding(6) var<storage, read_write> matches: array<i32>;
@group(0) @binding(7) var<storage, read_write> ious: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let image = i / params.rows;
  let p = i % params.rows;
  if (params.counted == 1u && i32(p) >= boxCounts[image]) {
    matches[i] = -1;
    ious[i] = -1.0;
    return;
  }
  let box = boxes[image * params.imageStride + p];
  let first = image * params.truths;
  let count = u32(clamp(truthCounts[image], 0, i32(params.truths)));
  var top = -1.0;
  var found = -1;
  var withFirst = 0.0;
  var tied = false;
  var claimed = -1;
  var withClaimed = 0.0;
  for (var g = 0u; g < count; g++) {
    let iou = boxIou(truths[first + g], box, params.offset);
    if (g == 0u) { withFirst = iou; }
    if (iou > top) { // strictly: the first of equals
      top = iou;
      found = i32(g);
    }
    if (params.lowQuality == 1u && bitcast<u32>(iou) == best[first + g]) {
      tied = tied || params.claimFrom < 0.0;
      if (params.claimFrom >= 0.0 && iou >= params.claimFrom) { // the last of several
        claimed = i32(g);
        withClaimed = iou;
      }
    }
  }
  if (claimed >= 0) {
    matches[i] = claimed;
    ious[i] = withClaimed;
    return;
  }
  let positive = found >= 0 && (top >= params.high || tied);
  matches[i] = select(select(-2, -1, top < params.low), found, positive);
  ious[i] = select(withFirst, top, positive);
}
