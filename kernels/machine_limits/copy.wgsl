// out[i] = x[i], i counting vec4: four of them an invocation, `step` apart. On a GPU neighbours of a workgroup take
// neighbouring vec4 (step 64); on an adapter that emulates one, each takes a stretch of its own (step 1).
struct Params { size: u32, row: u32, step: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let step = params.step;
  let turn = id.x + id.y * params.row;
  let a = turn / step * step * 4u + turn % step;
  let b = a + step;
  let c = b + step;
  let d = c + step;
  if (d < params.size) {
    out[a] = x[a];
    out[b] = x[b];
    out[c] = x[c];
    out[d] = x[d];
    return;
  }
  for (var i = a; i < params.size; i += step) { out[i] = x[i]; }
}
