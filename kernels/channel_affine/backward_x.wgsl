// dX = masked dOut · scale[c], or the masked dOut itself where `scaled` is 0; the mask is out > 0 where `relu`.
// x is [N, H, W, C], scale [C]. One invocation computes four consecutive elements.
// Without relu dOut is bound as out, unread.
struct Params { size: u32, row: u32, base: u32, channels: u32, relu: u32, scaled: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let last = min(first + 4u, params.size);
  var c = first % params.channels;
  for (var i = first; i < last; i++) {
    let at = params.base + i;
    var value = dOut[at];
    if (params.relu != 0u) { value = select(0.0, value, out[at] > 0.0); }
    if (params.scaled != 0u) { value *= scale[c]; }
    dX[at] = value;
    c = select(c + 1u, 0u, c + 1u == params.channels);
  }
}
