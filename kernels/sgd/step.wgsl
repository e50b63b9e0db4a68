// velocity = momentum·velocity + (gradient·clip + weightDecay·weight); weight −= learningRate·velocity, in place.
// All of one size; state [4] is of gradientNorm(): clip = state[1], and nothing changes where state[2] is not 0.
// One invocation updates four consecutive elements.
struct Params {
  size: u32, row: u32, base: u32, learningRate: f32, momentum: f32, weightDecay: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> velocity: array<f32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (state[2] != 0.0) { return; }
  let first = (id.x + id.y * params.row) * 4u;
  let end = params.base + min(first + 4u, params.size);
  for (var i = params.base + first; i < end; i++) {
    let change = gradient[i] * state[1] + params.weightDecay * weight[i];
    let next = params.momentum * velocity[i] + change;
    velocity[i] = next;
    weight[i] -= params.learningRate * next;
  }
}
