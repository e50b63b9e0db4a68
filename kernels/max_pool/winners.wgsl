// winners[n, oy, ox, c] = place, row by row, of the first element in the window at (oy, ox) that equals its maximum
// `out`; kernel² where none does (NaN). One invocation works on four channels, which are a multiple of 4 here.
// Bindings and parts as in forward.wgsl.
struct Params {
  count: u32, row: u32, xBase: u32, outBase: u32, channels: u32, height: i32, width: i32,
  firstRow: i32, rows: i32, outWidth: u32, outRows: u32, firstOutRow: u32,
  kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> winners: array<vec4i>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = params.channels / 4u;
  let pixel = index / quads;
  let ox = i32(pixel % params.outWidth);
  let oy = i32(pixel / params.outWidth % params.outRows + params.firstOutRow);
  let n = i32(pixel / params.outWidth / params.outRows);
  let top = oy * params.stride - params.padding;
  let left = ox * params.stride - params.padding;
  let slot = params.outBase / 4u + index;
  let largest = out[slot];
  var winner = vec4i(params.kernel * params.kernel);
  // From the last to the first, so that the first one stays.
  for (var y = min(top + params.kernel, params.height) - 1; y >= max(top, 0); y--) {
    let line = (n * params.rows - params.firstRow + y) * params.width;
    for (var column = min(left + params.kernel, params.width) - 1; column >= max(left, 0); column--) {
      let value = x[params.xBase / 4u + u32(line + column) * quads + index % quads];
      winner = select(winner, vec4i((y - top) * params.kernel + column - left), value == largest);
    }
  }
  winners[slot] = winner;
}
