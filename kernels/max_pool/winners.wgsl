// winners[n, oy, ox, c] = place, row by row, of the first element in the window at (oy, ox) that equals its maximum
// `out`; kernel² where none does (NaN). One invocation works on four channels, which are a multiple of 4 here.
// Prepended: place_vec4.wgsl.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> winners: array<vec4i>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.outWidth * params.quads) { return; }
  let window = windowAt(id);
  let largest = out[window.slot];
  var winner = vec4i(params.kernel * params.kernel);
  // From the last to the first, so that the first one stays.
  for (var y = window.end.y - 1; y >= window.start.y; y--) {
    for (var column = window.end.x - 1; column >= window.start.x; column--) {
      let place = (y - window.corner.y) * params.kernel + column - window.corner.x;
      winner = select(winner, vec4i(place), x[xIndex(window, column, y)] == largest);
    }
  }
  winners[window.slot] = winner;
}
