// Input transform (transforms.wgsl): tiles[tile, 6·i + j, c] = (Bᵀ d B)[i, j] of the 6×6 source pixels under the
// 4×4 destination pixels of a tile. One invocation makes four channels of one tile. Tiles are counted over the images of
// the part, row by row; the source pixel (0, 0) of tile (0, 0) is (offsetY, offsetX), and what lies outside is zero.
struct Params {
  count: u32, row: u32,                                // invocations; how many in a row of the grid
  channels: u32, tileRows: u32, tileColumns: u32,      // fours of channels; tiles of an image
  sourceH: u32, sourceW: u32, sourceBase: u32, offsetY: i32, offsetX: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> tiles: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  let column = i32(tile % params.tileColumns) * 4 + params.offsetX;
  let row = i32(tile / params.tileColumns % params.tileRows) * 4 + params.offsetY;
  let image = i32(tile / (params.tileColumns * params.tileRows) * params.sourceH);
  var half: array<array<vec4f, 6>, 6>;
  for (var j = 0; j < 6; j++) {
    let x = column + j;
    var line: array<vec4f, 6>;
    for (var i = 0; i < 6; i++) {
      let y = row + i;
      let isInside = x >= 0 && x < i32(params.sourceW) && y >= 0 && y < i32(params.sourceH);
      let at = u32((image + y) * i32(params.sourceW) + x) * params.channels + channel;
      line[i] = select(vec4f(), source[select(0u, params.sourceBase / 4u + at, isInside)], isInside);
    }
    half[j] = inputAxis(line);
  }
  let start = tile * 36u * params.channels + channel;
  for (var i = 0; i < 6; i++) {
    let whole = inputAxis(array<vec4f, 6>(half[0][i], half[1][i], half[2][i], half[3][i], half[4][i], half[5][i]));
    for (var j = 0; j < 6; j++) { tiles[start + u32(6 * i + j) * params.channels] = whole[j]; }
  }
}
