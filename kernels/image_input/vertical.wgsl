// Pillow's vertical pass, then flips, channel order, mean and deviation, and zeros right of and below the image:
// batch[y, x, ·] of one image of [N, batchHeight, batchWidth, 3]. rows u32 [height, outWidth] of the horizontal pass;
// taps i32 from vertical on [outHeight, stride] as in horizontal.wgsl. One invocation computes one pixel.
// mean0 … deviation2 belong to the written channels, after the change to BGR.
struct Params {
  count: u32, row: u32, base: u32, batchWidth: u32, outWidth: u32, outHeight: u32, vertical: u32, stride: u32,
  flipX: u32, flipY: u32, bgr: u32,
  mean0: f32, mean1: f32, mean2: f32, deviation0: f32, deviation1: f32, deviation2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<u32>;
@group(0) @binding(2) var<storage, read> taps: array<i32>;
@group(0) @binding(3) var<storage, read_write> batch: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let x = index % params.batchWidth;
  let y = index / params.batchWidth;
  var value = vec3f(0.0);
  if (x < params.outWidth && y < params.outHeight) {
    let column = select(x, params.outWidth - 1u - x, params.flipX != 0u);
    let line = select(y, params.outHeight - 1u - y, params.flipY != 0u);
    var rgb = vec3f(resampled(column, line));
    if (params.bgr != 0u) { rgb = rgb.zyx; }
    let mean = vec3f(params.mean0, params.mean1, params.mean2);
    value = (rgb - mean) / vec3f(params.deviation0, params.deviation1, params.deviation2);
  }
  let at = params.base + index * 3u;
  batch[at] = value.x;
  batch[at + 1u] = value.y;
  batch[at + 2u] = value.z;
}

fn resampled(x: u32, y: u32) -> vec3i {
  let tap = params.vertical + y * params.stride;
  var at = u32(taps[tap]) * params.outWidth + x;
  let end = tap + 2u + u32(taps[tap + 1u]);
  var sum = vec3i(1 << 21u);
  for (var k = tap + 2u; k < end; k++) {
    let word = rows[at];
    sum += taps[k] * vec3i(i32(word & 255u), i32(word >> 8u & 255u), i32(word >> 16u & 255u));
    at += params.outWidth;
  }
  return min(sum >> vec3u(22u), vec3i(255));
}
