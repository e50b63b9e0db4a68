// Bilinear resize without antialiasing, then flips, channel order, mean and deviation, and zeros right of and below
// the image: rows yFrom… of one image of the batch [N, batchHeight, batchWidth, 3].
// source: RGB bytes [height, width, 3] packed little-endian into words, those from row rowFrom on bound; byteBase is
// where that row begins in them. taps i32 [outWidth + outHeight, 4]: the two input positions and their weights, float
// bits, or units of 2^-11 where `bytes` is 1 (OpenCV's arithmetic, whose result is a byte). One invocation computes
// one pixel. mean0 … deviation2 belong to the written channels, after the change to BGR.
struct Params {
  count: u32, row: u32, base: u32, yFrom: u32, batchWidth: u32, outWidth: u32, outHeight: u32,
  width: u32, rowFrom: u32, byteBase: u32, bytes: u32,
  flipX: u32, flipY: u32, bgr: u32,
  mean0: f32, mean1: f32, mean2: f32, deviation0: f32, deviation1: f32, deviation2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> taps: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> batch: array<f32>;

fn byteAt(at: u32) -> i32 { return i32(source[at >> 2u] >> ((at & 3u) * 8u) & 255u); }

fn pixelAt(x: i32, y: i32) -> vec3i {
  let at = params.byteBase + ((u32(y) - params.rowFrom) * params.width + u32(x)) * 3u;
  return vec3i(byteAt(at), byteAt(at + 1u), byteAt(at + 2u));
}

// One row between two columns, in OpenCV's units of 2^-11.
fn acrossBytes(tap: vec4i, y: i32) -> vec3i { return pixelAt(tap.x, y) * tap.z + pixelAt(tap.y, y) * tap.w; }

fn acrossFloats(tap: vec4i, y: i32) -> vec3f {
  return vec3f(pixelAt(tap.x, y)) * bitcast<f32>(tap.z) + vec3f(pixelAt(tap.y, y)) * bitcast<f32>(tap.w);
}

fn resampled(x: u32, y: u32) -> vec3f {
  let across = taps[x];
  let down = taps[params.outWidth + y];
  if (params.bytes == 1u) {
    let four = vec3u(4u);
    let top = (down.z * (acrossBytes(across, down.x) >> four)) >> vec3u(16u);
    let bottom = (down.w * (acrossBytes(across, down.y) >> four)) >> vec3u(16u);
    return vec3f((top + bottom + 2) >> vec3u(2u));
  }
  return acrossFloats(across, down.x) * bitcast<f32>(down.z) + acrossFloats(across, down.y) * bitcast<f32>(down.w);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let x = index % params.batchWidth;
  let y = params.yFrom + index / params.batchWidth;
  var value = vec3f(0.0);
  if (x < params.outWidth && y < params.outHeight) {
    let column = select(x, params.outWidth - 1u - x, params.flipX != 0u);
    let line = select(y, params.outHeight - 1u - y, params.flipY != 0u);
    var rgb = resampled(column, line);
    if (params.bgr != 0u) { rgb = rgb.zyx; }
    let mean = vec3f(params.mean0, params.mean1, params.mean2);
    value = (rgb - mean) / vec3f(params.deviation0, params.deviation1, params.deviation2);
  }
  let at = params.base + index * 3u;
  batch[at] = value.x;
  batch[at + 1u] = value.y;
  batch[at + 2u] = value.z;
}
