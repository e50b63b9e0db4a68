// dX = a·dY + b·(x − mean) + d with (a, b, d, mean) = coefficients[n, c]; dY is dOut masked by out > 0 where
// `relu`. dOut, out, x, dX [N, H, W, C]. One invocation computes four consecutive elements.
// A part starts at a whole pixel, `start` elements into x. Without relu dOut is bound as out, unread.
struct Params {
  size: u32, row: u32, base: u32, start: u32, channels: u32, imageSize: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let last = min(first + 4u, params.size);
  var c = first % params.channels;
  var table = (params.start + first) / params.imageSize * params.channels;
  for (var i = first; i < last; i++) {
    let at = params.base + i;
    var dY = dOut[at];
    if (params.relu != 0u) { dY = select(0.0, dY, out[at] > 0.0); }
    let k = coefficients[table + c];
    dX[at] = k.x * dY + k.y * (x[at] - k.w) + k.z;
    c++;
    if (c == params.channels) {
      c = 0u;
      table = (params.start + i + 1u) / params.imageSize * params.channels;
    }
  }
}
