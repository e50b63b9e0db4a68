// dX[n, y, x, c] = sum of dOut over the windows whose winner (winners.wgsl) is at (y, x), in gather form. One
// invocation works on four channels, which are a multiple of 4 here: row id.y of the part, image id.z, and along id.x
// columns and their vectors. Parts as in backward_x.wgsl; bases are in vectors.
struct Params {
  dXBase: u32, outBase: u32, quads: u32, width: u32, firstRow: u32, rows: u32, outHeight: i32, outWidth: i32,
  firstOutRow: i32, outRows: i32, kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> winners: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> dX: array<vec4f>;

// floor(at / stride): positions are far below 2^21, where half a unit is more than what dividing floats is off.
fn strided(at: vec2i) -> vec2i { return vec2i(floor((vec2f(at) + 0.5) / f32(params.stride))); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width * params.quads) { return; }
  let quad = id.x % params.quads;
  let at = vec2i(vec2u(id.x / params.quads, id.y + params.firstRow)) + params.padding;
  let first = max(vec2i(0), strided(at - params.kernel) + 1);
  let last = min(strided(at), vec2i(params.outWidth, params.outHeight) - 1);
  var sum = vec4f();
  for (var oy = first.y; oy <= last.y; oy++) {
    let line = (i32(id.z) * params.outRows + oy - params.firstOutRow) * params.outWidth;
    let placeY = (at.y - oy * params.stride) * params.kernel;
    for (var ox = first.x; ox <= last.x; ox++) {
      let slot = params.outBase + u32(line + ox) * params.quads + quad;
      let place = placeY + at.x - ox * params.stride;
      sum += select(vec4f(), dOut[slot], winners[slot] == vec4i(place));
    }
  }
  dX[params.dXBase + (id.z * params.rows + id.y) * params.width * params.quads + id.x] = sum;
}
