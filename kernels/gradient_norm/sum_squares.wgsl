// slots[slot + k] = Σ x² over chunk k of the chunks of some tensors, one after another; of each tensor what stands
// between //EACH and //END (../_shared/per_tensor.ts). One workgroup works on one chunk of `chunk` values, a lane on every
// LANES-th of them, AT_ONCE at a time. Values are numbers or vectors of four, which `Value` is; `start` is a tensor's
// first chunk. In place of tensors that are not there the first is bound, unread.
// Prepended: _shared/lane_sum.wgsl, an alias for Value, and total(), the sum of its numbers.
struct Params {
  chunk: u32, slot: u32,
  //EACH
  start#: u32, size#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> slots: array<f32>;
//EACH
@group(0) @binding(1#) var<storage, read> tensor#: array<Value>;
//END

override AT_ONCE: u32;

//EACH
fn squares#(chunk: u32, lane: u32) -> Value {
  let begin = (chunk - params.start#) * params.chunk;
  let end = min(begin + params.chunk, params.size#);
  var sum = Value();
  for (var i = begin + lane; i < end; i += AT_ONCE * LANES) {
    for (var k = 0u; k < AT_ONCE; k++) {
      let at = i + k * LANES;
      let x = select(Value(), tensor#[min(at, end - 1u)], at < end);
      sum += x * x;
    }
  }
  return sum;
}

//END
@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var owner = 0u;
  //EACH
  if (group.x >= params.start#) { owner = #u; }
  //END
  var sum = Value();
  switch owner {
    //EACH
    case #u: { sum = squares#(group.x, lane); }
    //END
    default: {}
  }
  let whole = laneSum(lane, total(sum));
  if (lane == 0u) { slots[params.slot + group.x] = whole; }
}
