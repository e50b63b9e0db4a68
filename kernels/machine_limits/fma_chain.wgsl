// Nothing but multiply-adds: three chains of vec4 an invocation, 16 steps to a turn of the loop, so that neither latency
// nor the loop is what takes the time. out[i] = the sum of the chains, in which every step is v · scale + shift.
struct Params { size: u32, row: u32, turns: u32, scale: f32, shift: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

fn four(v: vec4f, a: vec4f, b: vec4f) -> vec4f {
  return fma(fma(fma(fma(v, a, b), a, b), a, b), a, b);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.size) { return; }
  let a = vec4f(params.scale);
  let b = vec4f(params.shift);
  var p = vec4f(0.0, 1.0, 2.0, 3.0) + f32(i % 8u);
  var q = p + 4.0;
  var r = p + 8.0;
  for (var turn = 0u; turn < params.turns; turn++) {
    p = four(p, a, b); q = four(q, a, b); r = four(r, a, b);
    p = four(p, a, b); q = four(q, a, b); r = four(r, a, b);
    p = four(p, a, b); q = four(q, a, b); r = four(r, a, b);
    p = four(p, a, b); q = four(q, a, b); r = four(r, a, b);
  }
  out[i] = dot(p + q + r, vec4f(1.0));
}
