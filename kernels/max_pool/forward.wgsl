// out[n, oy, ox, c] = maximum of x over the window at (oy, ox); outside of x is −inf, so it is left out.
// x [N, H, W, C], out [N, OH, OW, C]. One invocation computes one element; neighbours are channels.
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
  let c = index % params.channels;
  let pixel = index / params.channels;
  let ox = i32(pixel % params.outWidth);
  let oy = i32(pixel / params.outWidth % params.outRows + params.firstOutRow);
  let n = i32(pixel / params.outWidth / params.outRows);
  let top = oy * params.stride - params.padding;
  let left = ox * params.stride - params.padding;
  var best = bitcast<f32>(0xff7fffffu); // the lowest finite number: WGSL has no literal for −inf
  var found = false;
  for (var y = max(top, 0); y < min(top + params.kernel, params.height); y++) {
    let line = (n * params.rows + y - params.firstRow) * params.width;
    for (var column = max(left, 0); column < min(left + params.kernel, params.width); column++) {
      let value = x[params.xBase + u32(line + column) * params.channels + c];
      if (!found || value > best || isNan(value)) {
        if (!(found && isNan(best))) { best = value; }
      }
      found = true;
    }
  }
  out[params.outBase + index] = best;
}
