// forward.wgsl for channels that are a multiple of 4: one invocation computes a vector of four.
// Prepended: place_vec4.wgsl.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.outWidth * params.quads) { return; }
  let window = windowAt(id);
  var best = x[xIndex(window, window.start.x, window.start.y)];
  for (var y = window.start.y; y < window.end.y; y++) {
    for (var column = window.start.x; column < window.end.x; column++) {
      let value = x[xIndex(window, column, y)];
      let larger = select(max(best, value), value, areNan(value));
      best = select(larger, best, areNan(best));
    }
  }
  out[window.slot] = best;
}
