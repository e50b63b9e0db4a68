// velocity = momentum·velocity + (gradient·clip + weightDecay·weight); weight −= learningRate·velocity, in place, for
// two weights: the second's names end in 2, and its size is 0 where there is none. All of one weight have one size, in
// values, which are numbers or vectors of four: `Value`. state [4] is of gradientNorm(): clip = state[1], and nothing
// changes where state[2] is not 0. A workgroup updates 256 values of one weight, an invocation every 64th of them;
// the first `blocks` workgroups are the first weight's. Prepended: an alias for Value.
struct Params {
  row: u32, blocks: u32, base: u32, size: u32, size2: u32, momentum: f32,
  learningRate: f32, weightDecay: f32, learningRate2: f32, weightDecay2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weight: array<Value>;
@group(0) @binding(2) var<storage, read_write> velocity: array<Value>;
@group(0) @binding(3) var<storage, read> gradient: array<Value>;
@group(0) @binding(4) var<storage, read_write> weight2: array<Value>;
@group(0) @binding(5) var<storage, read_write> velocity2: array<Value>;
@group(0) @binding(6) var<storage, read> gradient2: array<Value>;
@group(0) @binding(7) var<storage, read> state: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (state[2] != 0.0) { return; }
  let clip = state[1];
  let block = group.x + group.y * params.row;
  if (block < params.blocks) {
    let first = params.base + 256u * block;
    let end = params.base + min(256u * block + 256u, params.size);
    for (var i = first + lane; i < end; i += 64u) {
      let before = weight[i];
      let next = params.momentum * velocity[i] + (gradient[i] * clip + params.weightDecay * before);
      velocity[i] = next;
      weight[i] = before - params.learningRate * next;
    }
  } else {
    let first = 256u * (block - params.blocks);
    for (var i = first + lane; i < min(first + 256u, params.size2); i += 64u) {
      let before = weight2[i];
      let next = params.momentum * velocity2[i] + (gradient2[i] * clip + params.weightDecay2 * before);
      velocity2[i] = next;
      weight2[i] = before - params.learningRate2 * next;
    }
  }
}
