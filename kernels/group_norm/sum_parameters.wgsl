// backward_parameters.wgsl for few rows: one invocation works on one channel.
struct Params { channels: u32, rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBeta: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= params.channels) { return; }
  var sums = vec2f();
  for (var r = 0u; r < params.rows; r++) { sums += partials[r * params.channels + c]; }
  dBeta[c] = sums.x;
  dGamma[c] = sums.y;
}
