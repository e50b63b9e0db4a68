// dX[n, y, x, c] = sum of dOut over the windows whose winner (forward_winners.wgsl) is at (y, x), in gather form. One
// invocation works on four channels, which are a multiple of 4 here, of 2 × 2 pixels: windows of stride 2 reach several
// of them. Rows 2 · id.y and the next of the part, image id.z, and along id.x pairs of columns and their vectors. Parts
// as in backward_x.wgsl; bases are in vectors.
struct Params {
  dXBase: u32, outBase: u32, winnersBase: u32, quads: u32, width: i32, firstRow: i32, rows: i32, outHeight: i32,
  outWidth: i32, firstOutRow: i32, outRows: i32, kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> winners: array<u32>;
@group(0) @binding(3) var<storage, read_write> dX: array<vec4f>;

// floor(at / stride): positions are far below 2^21, where half a unit is more than what dividing floats is off.
fn strided(at: vec2i) -> vec2i { return vec2i(floor((vec2f(at) + 0.5) / f32(params.stride))); }

// What a window sends to the pixel at `at` (column, row) of the window, which may be outside of it.
fn sent(at: vec2i, dY: vec4f, winner: vec4u) -> vec4f {
  let inside = all(at >= vec2i(0)) && all(at < vec2i(params.kernel));
  let place = select(256u, u32(at.y * params.kernel + at.x), inside);
  return select(vec4f(), dY, winner == vec4u(place));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= u32(params.width + 1) / 2u * params.quads) { return; }
  let quad = id.x % params.quads;
  let corner = 2 * vec2i(vec2u(id.x / params.quads, id.y));
  let far = min(corner + 1, vec2i(params.width, params.rows) - 1);
  let shift = vec2i(0, params.firstRow) + params.padding;
  let first = max(vec2i(0), strided(corner + shift - params.kernel) + 1);
  let last = min(strided(far + shift), vec2i(params.outWidth, params.outHeight) - 1);
  var sums = array<vec4f, 4>();
  for (var oy = first.y; oy <= last.y; oy++) {
    let line = (i32(id.z) * params.outRows + oy - params.firstOutRow) * params.outWidth;
    for (var ox = first.x; ox <= last.x; ox++) {
      let slot = u32(line + ox) * params.quads + quad;
      let dY = dOut[params.outBase + slot];
      let winner = (vec4u(winners[params.winnersBase + slot]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
      let at = corner + shift - vec2i(ox, oy) * params.stride;
      sums[0] += sent(at, dY, winner);
      sums[1] += sent(at + vec2i(1, 0), dY, winner);
      sums[2] += sent(at + vec2i(0, 1), dY, winner);
      sums[3] += sent(at + 1, dY, winner);
    }
  }
  let row = u32(params.width) * params.quads;
  let to = params.dXBase + u32((i32(id.z) * params.rows + corner.y) * params.width + corner.x) * params.quads + quad;
  dX[to] = sums[0];
  if (far.x > corner.x) { dX[to + params.quads] = sums[1]; }
  if (far.y > corner.y) { dX[to + row] = sums[2]; }
  if (all(far > corner)) { dX[to + row + params.quads] = sums[3]; }
}
