// dTop[n, i, j, c] = sum of dOut over the one to four pixels that took their value from (i, j).
// dTop [N, h, w, C]; dOut [N, H, W, C]. One invocation computes four channels of a pixel, in gather form.
// A part is whole images, or `rows` rows (from firstRow) of one image of dTop with dOut bound from row outFirstRow
// on, outRows per image.
struct Params {
  count: u32, row: u32, base: u32, outBase: u32, channels: u32, height: u32, width: u32,
  topHeight: u32, topWidth: u32, firstRow: u32, rows: u32, outFirstRow: u32, outRows: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read_write> dTop: array<f32>;

// The first position of `large` whose source is at least `at` of `small`: ceil(at·large / small).
fn firstFrom(at: u32, large: u32, small: u32) -> u32 { return (at * large + small - 1u) / small; }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = (params.channels + 3u) / 4u;
  let c = index % quads * 4u;
  let pixel = index / quads;
  let j = pixel % params.topWidth;
  let i = pixel / params.topWidth % params.rows + params.firstRow;
  let n = pixel / params.topWidth / params.rows;
  let top = firstFrom(i, params.height, params.topHeight);
  let bottom = firstFrom(i + 1u, params.height, params.topHeight);
  let left = firstFrom(j, params.width, params.topWidth);
  let right = firstFrom(j + 1u, params.width, params.topWidth);
  let channels = min(4u, params.channels - c);
  for (var k = c; k < c + channels; k++) {
    var sum = 0.0;
    for (var y = top; y < bottom; y++) {
      let line = (n * params.outRows + y - params.outFirstRow) * params.width;
      for (var x = left; x < right; x++) {
        sum += dOut[params.outBase + (line + x) * params.channels + k];
      }
    }
    dTop[params.base + pixel * params.channels + k] = sum;
  }
}
