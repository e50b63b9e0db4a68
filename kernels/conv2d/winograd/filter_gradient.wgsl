// Adjoint of the filter transform: dWeight[3·i + j, c, o] = (Gᵀ u G)[i, j] of the 36 sums filters[c, ·, o]. One
// invocation makes four outer channels of one inner channel.
struct Params { count: u32, row: u32, inner: u32, outer: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dWeight: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let fours = params.outer / 4u;
  let o = index % fours;
  let c = index / fours;
  let start = c * 36u * fours + o;
  var half: array<array<vec4f, 3>, 6>;
  for (var j = 0u; j < 6u; j++) {
    var line: array<vec4f, 6>;
    for (var i = 0u; i < 6u; i++) { line[i] = filters[start + (6u * i + j) * fours]; }
    half[j] = filterGradientAxis(line);
  }
  for (var i = 0u; i < 3u; i++) {
    let whole = filterGradientAxis(
      array<vec4f, 6>(half[0][i], half[1][i], half[2][i], half[3][i], half[4][i], half[5][i]));
    for (var j = 0u; j < 3u; j++) {
      dWeight[((3u * i + j) * params.inner + c) * fours + o] = whole[j];
    }
  }
}
