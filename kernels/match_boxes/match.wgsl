// matches[n][p]: the truth of largest IoU with the box, −1 below `low`, −2 between; ious[n][p]: the IoU with
// truth max(match, 0). One invocation matches four boxes of an image, 64 apart, so that a truth is one load for all.
struct Params {
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

// The IoU of a truth with four boxes.
fn ious4(truth: vec4f, corners: mat4x4f) -> vec4f {
  return vec4f(
    boxIou(truth, corners[0], params.offset), boxIou(truth, corners[1], params.offset),
    boxIou(truth, corners[2], params.offset), boxIou(truth, corners[3], params.offset),
  );
}

// What is known of four boxes: their best truths, whether they are tied for one's best IoU, and the truths that claim them.
struct Found {
  top: vec4f, truth: vec4i, withFirst: vec4f, tied: vec4<bool>, claimed: vec4i, withClaimed: vec4f,
}

fn findTruths(image: u32, corners: mat4x4f) -> Found {
  let first = image * params.truths;
  let count = u32(clamp(truthCounts[image], 0, i32(params.truths)));
  var found = Found(vec4f(-1.0), vec4i(-1), vec4f(), vec4<bool>(), vec4i(-1), vec4f());
  for (var g = 0u; g < count; g++) {
    let values = ious4(truths[first + g], corners);
    if (g == 0u) { found.withFirst = values; }
    let better = values > found.top; // strictly: the first of equals
    found.top = select(found.top, values, better);
    found.truth = select(found.truth, vec4i(i32(g)), better);
    if (params.lowQuality == 0u) { continue; }
    let equal = bitcast<vec4u>(values) == vec4u(best[first + g]);
    if (params.claimFrom < 0.0) {
      found.tied |= equal;
    } else { // the last of several
      let claims = equal & (values >= vec4f(params.claimFrom));
      found.claimed = select(found.claimed, vec4i(i32(g)), claims);
      found.withClaimed = select(found.withClaimed, values, claims);
    }
  }
  return found;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let image = group.z;
  let p = group.x * 256u + lane + 64u * vec4u(0u, 1u, 2u, 3u);
  var rows = params.rows;
  if (params.counted == 1u) { rows = u32(clamp(boxCounts[image], 0, i32(rows))); }
  let at = image * params.imageStride + min(p, vec4u(max(rows, 1u) - 1u));
  let found = findTruths(image, mat4x4f(boxes[at.x], boxes[at.y], boxes[at.z], boxes[at.w]));
  let positive = (found.truth >= vec4i(0)) & ((found.top >= vec4f(params.high)) | found.tied);
  let unmatched = select(vec4i(-2), vec4i(-1), found.top < vec4f(params.low));
  let isClaimed = found.claimed >= vec4i(0);
  var match4 = select(select(unmatched, found.truth, positive), found.claimed, isClaimed);
  var iou4 = select(select(found.withFirst, found.top, positive), found.withClaimed, isClaimed);
  let isPadding = p >= vec4u(rows);
  match4 = select(match4, vec4i(-1), isPadding);
  iou4 = select(iou4, vec4f(-1.0), isPadding);
  for (var j = 0u; j < 4u && p[j] < params.rows; j++) {
    matches[image * params.rows + p[j]] = match4[j];
    ious[image * params.rows + p[j]] = iou4[j];
  }
}
