// Output transform (transforms.wgsl): the 4×4 destination pixels of a tile are Aᵀ m A of its 36 products, with
// the bias added and the ReLU applied. One invocation makes four channels of one tile; tiles as in input.wgsl.
struct Params {
  count: u32, row: u32, channels: u32, tileRows: u32, tileColumns: u32,
  destinationH: u32, destinationW: u32, destinationBase: u32,
  hasBias: u32, relu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> products: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> destination: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let channel = index % params.channels;
  let tile = index / params.channels;
  let start = tile * 36u * params.channels + channel;
  var half: array<array<vec4f, 4>, 6>;
  for (var j = 0u; j < 6u; j++) {
    var line: array<vec4f, 6>;
    for (var i = 0u; i < 6u; i++) { line[i] = products[start + (6u * i + j) * params.channels]; }
    half[j] = outputAxis(line);
  }
  var added = vec4f();
  if (params.hasBias != 0u) { added = bias[channel]; }
  let column = tile % params.tileColumns * 4u;
  let row = tile / params.tileColumns % params.tileRows * 4u;
  let image = tile / (params.tileColumns * params.tileRows) * params.destinationH;
  for (var i = 0u; i < 4u; i++) {
    let whole = outputAxis(array<vec4f, 6>(half[0][i], half[1][i], half[2][i], half[3][i], half[4][i], half[5][i]));
    for (var j = 0u; j < 4u; j++) {
      if (row + i >= params.destinationH || column + j >= params.destinationW) { continue; }
      var value = whole[j] + added;
      if (params.relu != 0u) { value = select(value, vec4f(), value <= vec4f()); }
      let pixel = (image + row + i) * params.destinationW + column + j;
      destination[params.destinationBase / 4u + pixel * params.channels + channel] = value;
    }
  }
}
