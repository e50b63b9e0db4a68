// Packs a weight for uniform.wgsl and straight/gather.wgsl: rows are (tap, inner channel), the channels of a tap
// padded with zeros to fours, columns are fours of outer channels. Window w of 4096 vectors holds the rows from
// (w % rowWindows) · rowsPerWindow on of `blocksHere` columns from (w / rowWindows) · blocksHere on, row by row. With
// `transposed` the weight is `[kh, kw, outer, inner]`, as the gradient of the input sees it. One invocation makes one
// vector.
struct Params {
  count: u32, row: u32, rows: u32, rowsPerWindow: u32, rowWindows: u32, blocksHere: u32,
  inner: u32, outer: u32, transposed: u32,
  kyStart: u32, kyStep: u32, kxStart: u32, kxStep: u32, kxCount: u32, kw: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> packed: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let used = params.rowsPerWindow * params.blocksHere;
  let within = index % used;
  let window = index / used;
  let rowHere = within / params.blocksHere;
  let row = window % params.rowWindows * params.rowsPerWindow + rowHere;
  let o = 4u * (window / params.rowWindows * params.blocksHere + within % params.blocksHere);
  let innerRows = (params.inner + 3u) & ~3u;
  let tap = row / innerRows;
  let k = row % innerRows;
  var value = vec4f();
  if (row < params.rows && k < params.inner && o < params.outer) {
    let ky = params.kyStart + tap / params.kxCount * params.kyStep;
    let kx = params.kxStart + tap % params.kxCount * params.kxStep;
    let cell = (ky * params.kw + kx) * params.inner * params.outer;
    let step = select(1u, params.inner, params.transposed != 0u);
    let at = cell + select(k * params.outer + o, o * params.inner + k, params.transposed != 0u);
    let loaded = vec4f(weight[at], weight[at + step], weight[at + 2u * step], weight[at + 3u * step]);
    value = select(vec4f(), loaded, vec4u(o) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.outer));
  }
  packed[window * 4096u + within] = value;
}
