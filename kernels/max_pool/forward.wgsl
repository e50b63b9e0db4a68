// out[n, oy, ox, c] = maximum of x over the window at (oy, ox); outside of x is −inf, so it is left out.
// x [N, H, W, C], out [N, OH, OW, C]. One invocation computes four channels.
// A part is whole images, or outRows rows (from firstOutRow) of one image, for which x is bound from row firstRow
// on; `rows` is the rows of x per image in the binding. NaN wins, as in PyTorch. Prepended: _shared/nan.wgsl.
struct Params {
  count: u32, row: u32, xBase: u32, outBase: u32, channels: u32, height: i32, width: i32,
  firstRow: i32, rows: i32, outWidth: u32, outRows: u32, firstOutRow: u32,
  kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = (params.channels + 3u) / 4u;
  let c = index % quads * 4u;
  let pixel = index / quads;
  let ox = i32(pixel % params.outWidth);
  let oy = i32(pixel / params.outWidth % params.outRows + params.firstOutRow);
  let n = i32(pixel / params.outWidth / params.outRows);
  let top = oy * params.stride - params.padding;
  let left = ox * params.stride - params.padding;
  let start = vec2i(max(left, 0), max(top, 0));
  let end = min(vec2i(left, top) + params.kernel, vec2i(params.width, params.height));
  let firstLine = n * params.rows - params.firstRow;
  for (var k = c; k < min(c + 4u, params.channels); k++) {
    out[params.outBase + pixel * params.channels + k] = largest(start, end, firstLine, k);
  }
}

// The maximum of channel c over columns and rows [start, end); line 0 of the image is firstLine in the binding.
fn largest(start: vec2i, end: vec2i, firstLine: i32, c: u32) -> f32 {
  var best = x[xIndex(start.x, firstLine + start.y, c)];
  for (var y = start.y; y < end.y; y++) {
    for (var column = start.x; column < end.x; column++) {
      let value = x[xIndex(column, firstLine + y, c)];
      if (isNan(value)) { return value; }
      best = max(best, value);
    }
  }
  return best;
}

fn xIndex(column: i32, line: i32, c: u32) -> u32 {
  return params.xBase + u32(line * params.width + column) * params.channels + c;
}
