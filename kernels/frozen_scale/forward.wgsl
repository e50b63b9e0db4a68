// scale = weight / sqrt(variance), shift = bias - mean * scale: a frozen batch norm as one affine map.
// No epsilon, as the original. One invocation computes one channel.
struct Params { channels: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> scale: array<f32>;
@group(0) @binding(6) var<storage, read_write> shift: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let c = id.x;
  if (c >= params.channels) { return; }
  let factor = weight[c] / sqrt(variance[c]);
  scale[c] = factor;
  shift[c] = bias[c] - mean[c] * factor;
}
