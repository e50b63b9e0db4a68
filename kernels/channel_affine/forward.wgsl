// out = relu?(x·scale + shift (+ residual)) over [N, H, W, C]; scale and shift are tables [T, C] whose row is
// the image where imageSize is one image's elements, and row 0 where it is all of them.
// One invocation computes four consecutive elements. A part starts at a whole pixel, `start` elements into x.
// Prepended: _shared/nan.wgsl. Without residual x is bound in its place, unread.
struct Params {
  size: u32, row: u32, base: u32, start: u32, channels: u32, imageSize: u32, relu: u32, hasResidual: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> shift: array<f32>;
@group(0) @binding(4) var<storage, read> residual: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let last = min(first + 4u, params.size);
  var c = first % params.channels;
  var table = (params.start + first) / params.imageSize * params.channels;
  for (var i = first; i < last; i++) {
    let at = params.base + i;
    var value = x[at] * scale[table + c] + shift[table + c];
    if (params.hasResidual != 0u) { value += residual[at]; }
    if (params.relu != 0u) { value = rectified(value); }
    out[at] = value;
    c++;
    if (c == params.channels) {
      c = 0u;
      table = (params.start + i + 1u) / params.imageSize * params.channels;
    }
  }
}
