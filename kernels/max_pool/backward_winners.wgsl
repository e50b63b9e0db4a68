// dX[n, y, x, c] = sum of dOut over the windows whose winner (winners.wgsl) is at (y, x), in gather form. One
// invocation works on four channels, which are a multiple of 4 here. Bindings and parts as in backward_x.wgsl.
struct Params {
  count: u32, row: u32, dXBase: u32, outBase: u32, channels: u32, height: i32, width: i32,
  firstRow: i32, rows: u32, outHeight: i32, outWidth: i32,
  firstOutRow: i32, outRows: i32, kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> winners: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> dX: array<vec4f>;

// The first window, along one axis, that reaches `at`.
fn firstWindow(at: i32) -> i32 {
  let start = at + params.padding - params.kernel + 1;
  return select((start + params.stride - 1) / params.stride, 0, start <= 0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = params.channels / 4u;
  let pixel = index / quads;
  let column = i32(pixel % u32(params.width));
  let y = i32(pixel / u32(params.width) % params.rows) + params.firstRow;
  let n = i32(pixel / u32(params.width) / params.rows);
  let first = vec2i(firstWindow(y), firstWindow(column));
  let reach = vec2i((y + params.padding) / params.stride, (column + params.padding) / params.stride);
  let last = min(reach, vec2i(params.outHeight, params.outWidth) - 1);
  var sum = vec4f(0.0);
  for (var oy = first.x; oy <= last.x; oy++) {
    let line = (n * params.outRows + oy - params.firstOutRow) * params.outWidth;
    let placeY = (y + params.padding - oy * params.stride) * params.kernel;
    for (var ox = first.y; ox <= last.y; ox++) {
      let at = params.outBase / 4u + u32(line + ox) * quads + index % quads;
      let place = placeY + column + params.padding - ox * params.stride;
      sum += select(vec4f(0.0), dOut[at], winners[at] == vec4i(place));
    }
  }
  dX[params.dXBase / 4u + index] = sum;
}
