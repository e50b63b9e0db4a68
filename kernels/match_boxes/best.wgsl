// best[n][g] = the bits of the largest IoU of truth g with any box of image n; zeros on entry.
// Invocation (x, g, n) takes the maxima of truths 4 g … 4 g + 3 over PER boxes, 64 apart, and joins them to the others':
// non-negative floats order as their bits do, and a maximum does not depend on the order of joining.
struct Params {
  rows: u32, // P
  imageStride: u32, // boxes from one image's first to the next one's; 0 where all share them
  truths: u32, // G
  counted: u32, // 1: boxCounts says how many boxes each image has; 0: all
  offset: f32, // sides are x2 - x1 + offset
}
override PER: u32 = 16u;
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> boxCounts: array<i32>;
@group(0) @binding(3) var<storage, read> truths: array<vec4f>;
@group(0) @binding(4) var<storage, read> truthCounts: array<i32>;
@group(0) @binding(5) var<storage, read_write> best: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let image = group.z;
  let first = group.y * 4u;
  let count = u32(clamp(truthCounts[image], 0, i32(params.truths)));
  if (first >= count) { return; }
  var rows = params.rows;
  if (params.counted == 1u) { rows = u32(clamp(boxCounts[image], 0, i32(rows))); }
  let slot = image * params.truths + first;
  let last = count - 1u - first;
  let a = truths[slot];
  let b = truths[slot + min(1u, last)];
  let c = truths[slot + min(2u, last)];
  let d = truths[slot + min(3u, last)];
  var top = vec4f();
  for (var k = 0u; k < PER; k++) {
    let row = (group.x * PER + k) * 64u + lane;
    if (row >= rows) { break; }
    let box = boxes[image * params.imageStride + row];
    top = max(top, vec4f(
      boxIou(a, box, params.offset), boxIou(b, box, params.offset),
      boxIou(c, box, params.offset), boxIou(d, box, params.offset),
    ));
  }
  for (var j = 0u; j <= min(3u, last); j++) {
    if (top[j] > 0.0) { atomicMax(&best[slot + j], bitcast<u32>(top[j])); }
  }
}
