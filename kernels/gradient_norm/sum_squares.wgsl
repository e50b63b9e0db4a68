// slots[slot + k] = Σ x² over chunk k of the chunks of up to seven tensors, a to g, one after another. One workgroup
// works on one chunk of `chunk` values, a lane on every LANES-th of them. Values are numbers or vectors of four, which
// `Value` is; start1 … are the tensors' first chunks, and in place of tensors that are not there a is bound, unread.
// Prepended: _shared/lane_sum.wgsl, an alias for Value, and total(), the sum of its numbers.
struct Params {
  chunk: u32, slot: u32,
  size0: u32, size1: u32, size2: u32, size3: u32, size4: u32, size5: u32, size6: u32,
  start1: u32, start2: u32, start3: u32, start4: u32, start5: u32, start6: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<Value>;
@group(0) @binding(2) var<storage, read> b: array<Value>;
@group(0) @binding(3) var<storage, read> c: array<Value>;
@group(0) @binding(4) var<storage, read> d: array<Value>;
@group(0) @binding(5) var<storage, read> e: array<Value>;
@group(0) @binding(6) var<storage, read> f: array<Value>;
@group(0) @binding(7) var<storage, read> g: array<Value>;
@group(0) @binding(8) var<storage, read_write> slots: array<f32>;

// Σ x² of elements i, i + LANES, i + 2 LANES and i + 3 LANES, those below `end`.
fn squaresOfFour(tensor: u32, i: u32, end: u32) -> Value {
  var at = vec4u(i, i + LANES, i + 2u * LANES, i + 3u * LANES);
  let isIn = at < vec4u(end);
  at = select(vec4u(i), at, isIn);
  var p = Value();
  var q = Value();
  var r = Value();
  var s = Value();
  switch tensor {
    case 0u: { p = a[at.x]; q = a[at.y]; r = a[at.z]; s = a[at.w]; }
    case 1u: { p = b[at.x]; q = b[at.y]; r = b[at.z]; s = b[at.w]; }
    case 2u: { p = c[at.x]; q = c[at.y]; r = c[at.z]; s = c[at.w]; }
    case 3u: { p = d[at.x]; q = d[at.y]; r = d[at.z]; s = d[at.w]; }
    case 4u: { p = e[at.x]; q = e[at.y]; r = e[at.z]; s = e[at.w]; }
    case 5u: { p = f[at.x]; q = f[at.y]; r = f[at.z]; s = f[at.w]; }
    default: { p = g[at.x]; q = g[at.y]; r = g[at.z]; s = g[at.w]; }
  }
  let none = Value();
  return (p * p + select(none, q * q, isIn.y)) + (select(none, r * r, isIn.z) + select(none, s * s, isIn.w));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var starts = array<u32, 7>(
    0u, params.start1, params.start2, params.start3, params.start4, params.start5, params.start6);
  var sizes = array<u32, 7>(
    params.size0, params.size1, params.size2, params.size3, params.size4, params.size5, params.size6);
  var tensor = 0u;
  for (var l = 1u; l < 7u; l++) { tensor += u32(group.x >= starts[l]); }
  let begin = (group.x - starts[tensor]) * params.chunk;
  let end = min(begin + params.chunk, sizes[tensor]);
  var sum = Value();
  for (var i = begin + lane; i < end; i += 4u * LANES) { sum += squaresOfFour(tensor, i, end); }
  let whole = laneSum(lane, total(sum));
  if (lane == 0u) { slots[params.slot + group.x] = whole; }
}
