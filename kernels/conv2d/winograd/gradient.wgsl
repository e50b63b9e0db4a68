// Adjoint of the output transform, for the gradient of the weight: products[tile, 6·i + j, o] = (A y Aᵀ)[i, j] of the 4×4
// pixels of dOut under a tile. One invocation makes four channels of one tile; tiles as in input.wgsl.
struct Params {
  count: u32, row: u32, channels: u32, tileRows: u32, tileColumns: u32,
  outputH: u32, outputW: u32, outputBase: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  let column = tile % params.tileColumns * 4u;
  let row = tile / params.tileColumns % params.tileRows * 4u;
  let image = tile / (params.tileColumns * params.tileRows) * params.outputH;
  var half: array<array<vec4f, 6>, 4>;
  for (var j = 0u; j < 4u; j++) {
    var line: array<vec4f, 4>;
    for (var i = 0u; i < 4u; i++) {
      let isInside = row + i < params.outputH && column + j < params.outputW;
      let at = ((image + row + i) * params.outputW + column + j) * params.channels + channel;
      line[i] = select(vec4f(), dOut[select(0u, params.outputBase / 4u + at, isInside)], isInside);
    }
    half[j] = gradientAxis(line);
  }
  let start = tile * 36u * params.channels + channel;
  for (var i = 0u; i < 6u; i++) {
    let whole = gradientAxis(array<vec4f, 4>(half[0][i], half[1][i], half[2][i], half[3][i]));
    for (var j = 0u; j < 6u; j++) { products[start + (6u * i + j) * params.channels] = whole[j]; }
  }
}
