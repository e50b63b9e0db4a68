// dResidual = dOut where out > 0, else 0; dX = dResidual · scale[c]. All [N, H, W, C] but scale [C].
// One invocation computes four consecutive elements of both.
struct Params { size: u32, row: u32, base: u32, channels: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<storage, read_write> dResidual: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let last = min(first + 4u, params.size);
  var c = first % params.channels;
  for (var i = first; i < last; i++) {
    let at = params.base + i;
    let masked = select(0.0, dOut[at], out[at] > 0.0);
    dResidual[at] = masked;
    dX[at] = masked * scale[c];
    c = select(c + 1u, 0u, c + 1u == params.channels);
  }
}
