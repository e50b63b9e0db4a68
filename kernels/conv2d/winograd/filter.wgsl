// Filter transform (transforms.wgsl): filters[k, 6·i + j, o] = (G g Gᵀ)[i, j] of the 3×3 taps g from inner channel
// k to outer channel o. The weight is `[3, 3, inner, outer]`; with `transposed`, as the gradient of the input needs it,
// it is `[3, 3, outer, inner]` and turned by 180°. One invocation makes four outer channels of one inner channel.
// Product p of row k and column o (in fours) goes to p · productStep plus its place in the windows of pack_filters.wgsl,
// whose rows are `rowStep` apart; without windows one holds all.
struct Params {
  count: u32, row: u32, inner: u32, outer: u32,
  productStep: u32, rowStep: u32, rowsPerWindow: u32, blocksHere: u32, rowWindows: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> filters: array<vec4f>;
override transposed: bool = false;

fn loadTap(tap: u32, k: u32, o: u32) -> vec4f {
  if (transposed) {
    let at = ((8u - tap) * params.outer + o) * params.inner + k;
    let step = params.inner;
    return vec4f(weight[at], weight[at + step], weight[at + 2u * step], weight[at + 3u * step]);
  }
  let at = (tap * params.inner + k) * params.outer + o;
  return vec4f(weight[at], weight[at + 1u], weight[at + 2u], weight[at + 3u]);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let fours = params.outer / 4u;
  let o = index % fours;
  let k = index / fours;
  var half: array<array<vec4f, 6>, 3>;
  for (var j = 0u; j < 3u; j++) {
    half[j] = filterAxis(array<vec4f, 3>(
      loadTap(j, k, 4u * o), loadTap(3u + j, k, 4u * o), loadTap(6u + j, k, 4u * o)));
  }
  let window = o / params.blocksHere * params.rowWindows + k / params.rowsPerWindow;
  let start = window * 4096u + k % params.rowsPerWindow * params.rowStep + o % params.blocksHere;
  for (var i = 0u; i < 6u; i++) {
    let whole = filterAxis(array<vec4f, 3>(half[0][i], half[1][i], half[2][i]));
    for (var j = 0u; j < 6u; j++) { filters[start + (6u * i + j) * params.productStep] = whole[j]; }
  }
}
