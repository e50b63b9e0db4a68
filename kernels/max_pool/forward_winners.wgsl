// forward_vec4.wgsl that also tells who won: winners[n, oy, ox, c / 4] are the places, row by row, of four channels'
// maxima in the window, a byte each, from the lowest. Prepended: place_vec4.wgsl.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> winners: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.outWidth * params.quads) { return; }
  let window = windowAt(id);
  var best = vec4f();
  var winner = vec4u();
  // The first element wins whatever it is.
  var wins = vec4<bool>(true);
  for (var y = window.start.y; y < window.end.y; y++) {
    for (var column = window.start.x; column < window.end.x; column++) {
      let value = x[xIndex(window, column, y)];
      wins = wins | value > best | areNan(value);
      let place = (y - window.corner.y) * params.kernel + column - window.corner.x;
      best = select(best, value, wins);
      winner = select(winner, vec4u(u32(place)), wins);
      wins = vec4<bool>(false);
    }
  }
  out[window.slot] = best;
  let bytes = winner << vec4u(0u, 8u, 16u, 24u);
  winners[window.winnersSlot] = bytes.x | bytes.y | bytes.z | bytes.w;
}
