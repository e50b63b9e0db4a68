// out[n, y, x, c] = top[n, floor(y·h / H), floor(x·w / W), c] + lateral[n, y, x, c].
// top [N, h, w, C]; lateral, out [N, H, W, C]. One invocation computes four channels of a pixel.
// A part is whole images, or `rows` rows (from firstRow) of one image with top bound from row topFirstRow on,
// topRows per image.
struct Params {
  count: u32, row: u32, base: u32, topBase: u32, channels: u32, height: u32, width: u32,
  topHeight: u32, topWidth: u32, firstRow: u32, rows: u32, topFirstRow: u32, topRows: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> top: array<f32>;
@group(0) @binding(2) var<storage, read> lateral: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let quads = (params.channels + 3u) / 4u;
  let c = index % quads * 4u;
  let pixel = index / quads;
  let x = pixel % params.width;
  let y = pixel / params.width % params.rows + params.firstRow;
  let n = pixel / params.width / params.rows;
  let line = n * params.topRows + y * params.topHeight / params.height - params.topFirstRow;
  let column = x * params.topWidth / params.width;
  let source = params.topBase + (line * params.topWidth + column) * params.channels + c;
  let at = params.base + pixel * params.channels + c;
  let channels = min(4u, params.channels - c);
  for (var j = 0u; j < channels; j++) { out[at + j] = top[source + j] + lateral[at + j]; }
}
