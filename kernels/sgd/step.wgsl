// velocity = momentum·velocity + (gradient·clip + weightDecay·weight); weight −= learningRate·velocity, in place, for
// some weights, of each what stands between //EACH and //END (../_shared/per_tensor.ts). Those that are not there have
// size 0. All of one weight have one size, in values, which are numbers or vectors of four: `Value`. state [4] is of
// gradientNorm(): clip = state[1], and nothing changes where state[2] is not 0. A workgroup updates BLOCK values of one
// weight, whose first block is `start`; an invocation every LANES-th of them. Prepended: an alias for Value.
struct Params {
  row: u32, base: u32, momentum: f32, learningRate: f32, weightDecay: f32,
  //EACH
  start#: u32, size#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
//EACH
@group(0) @binding(1#) var<storage, read_write> weight#: array<Value>;
@group(0) @binding(2#) var<storage, read_write> velocity#: array<Value>;
@group(0) @binding(3#) var<storage, read> gradient#: array<Value>;
//END

override LANES: u32;
override BLOCK: u32;

fn moved(velocity: Value, gradient: Value, weight: Value) -> Value {
  return params.momentum * velocity + (gradient * state[1] + params.weightDecay * weight);
}

//EACH
fn step#(block: u32, lane: u32) {
  let first = BLOCK * (block - params.start#);
  let end = params.base + min(first + BLOCK, params.size#);
  for (var i = params.base + first + lane; i < end; i += LANES) {
    let before = weight#[i];
    let next = moved(velocity#[i], gradient#[i], before);
    velocity#[i] = next;
    weight#[i] = before - params.learningRate * next;
  }
}

//END
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (state[2] != 0.0) { return; }
  let block = group.x + group.y * params.row;
  var owner = 0u;
  //EACH
  if (block >= params.start#) { owner = #u; }
  //END
  switch owner {
    //EACH
    case #u: { step#(block, lane); }
    //END
    default: {}
  }
}
