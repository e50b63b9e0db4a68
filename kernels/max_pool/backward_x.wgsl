// dX[n, y, x, c] = sum of dOut over the windows whose first maximum, row by row, is at (y, x).
// x, dX [N, H, W, C]; out, dOut [N, OH, OW, C]. One invocation computes four channels of dX in gather form: it
// visits the windows that contain the pixel; where its value is the window's maximum it looks for an equal one
// before it.
// A part is whole images, or `rows` rows (from firstRow) of one image; x is bound from row xFirstRow on, xRows per
// image, out and dOut from row firstOutRow on, outRows per image.
struct Params {
  count: u32, row: u32, dXBase: u32, xBase: u32, outBase: u32, channels: u32, height: i32, width: i32,
  firstRow: i32, rows: u32, xFirstRow: i32, xRows: i32, outHeight: i32, outWidth: i32,
  firstOutRow: i32, outRows: i32, kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;

// The first window, along one axis, that reaches `at`.
fn firstWindow(at: i32) -> i32 {
  let start = at + params.padding - params.kernel + 1;
  return select((start + params.stride - 1) / params.stride, 0, start <= 0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = (params.channels + 3u) / 4u;
  let c = index % quads * 4u;
  let pixel = index / quads;
  let column = i32(pixel % u32(params.width));
  let y = i32(pixel / u32(params.width) % params.rows) + params.firstRow;
  let n = i32(pixel / u32(params.width) / params.rows);
  let first = vec2i(firstWindow(y), firstWindow(column));
  let reach = vec2i((y + params.padding) / params.stride, (column + params.padding) / params.stride);
  let last = min(reach, vec2i(params.outHeight, params.outWidth) - 1);
  for (var k = c; k < min(c + 4u, params.channels); k++) {
    let own = x[xIndex(n, y, column, k)];
    var sum = 0.0;
    for (var oy = first.x; oy <= last.x; oy++) {
      let line = (n * params.outRows + oy - params.firstOutRow) * params.outWidth;
      for (var ox = first.y; ox <= last.y; ox++) {
        let at = params.outBase + u32(line + ox) * params.channels + k;
        if (own == out[at] && isFirst(vec2i(oy, ox), vec2i(y, column), n, k, own)) { sum += dOut[at]; }
      }
    }
    dX[params.dXBase + pixel * params.channels + k] = sum;
  }
}

// True where no element of the window before `at` (row, column) equals `own`.
fn isFirst(window: vec2i, at: vec2i, n: i32, c: u32, own: f32) -> bool {
  let top = window.x * params.stride - params.padding;
  let left = window.y * params.stride - params.padding;
  for (var y = max(top, 0); y <= at.x; y++) {
    let end = select(min(left + params.kernel, params.width), at.y, y == at.x);
    for (var column = max(left, 0); column < end; column++) {
      if (x[xIndex(n, y, column, c)] == own) { return false; }
    }
  }
  return true;
}

fn xIndex(n: i32, y: i32, column: i32, c: u32) -> u32 {
  let line = (n * params.xRows + y - params.xFirstRow) * params.width;
  return params.xBase + u32(line + column) * params.channels + c;
}
