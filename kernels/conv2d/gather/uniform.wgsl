// Gather convolution (common.wgsl) with the weight in uniform memory, for CPUs that emulate a GPU: there an
// element of it costs half of one of storage, and leaves registers for larger tiles. The weight comes packed
// (pack_filters.wgsl), rows being taps × inner channels in fours; one launch adds the rows rowFirst.. rowEnd for
// `blocksHere` blocks of four outer channels from blockFirst on. One invocation computes 8 consecutive grid pixels ×
// 8 outer channels. Only one group.
@group(0) @binding(2) var<uniform> packed: array<vec4f, 4096>;
const PIXELS = 8u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  let pairs = params.blocksHere / 2u;
  let pair = index % pairs;
  let first = index / pairs * PIXELS;
  if (first >= params.pixels) { return; }
  let innerRows = (params.inner + 3u) & ~3u;
  var windows: array<vec3i, PIXELS>;
  var left: array<vec4f, PIXELS>;
  var right: array<vec4f, PIXELS>;
  var places: array<vec3u, PIXELS>;
  places[0] = placeOf(first);
  for (var i = 1u; i < PIXELS; i++) {
    // Past the last pixel it is computed again, and not written.
    places[i] = select(places[i - 1u], placeAfter(places[i - 1u]), first + i < params.pixels);
  }
  for (var i = 0u; i < PIXELS; i++) { windows[i] = windowOf(places[i], 0u); }
  var at = pair * 2u;
  for (var start = params.rowFirst; start < params.rowEnd;) {
    let tap = start / innerRows;
    let end = min(params.rowEnd, (tap + 1u) * innerRows);
    let ty = tap / params.kxCount;
    let tx = tap % params.kxCount;
    let shift = shiftOf(ty, tx);
    var inside: array<bool, PIXELS>;
    var starts: array<u32, PIXELS>;
    for (var i = 0u; i < PIXELS; i++) {
      inside[i] = isInside(windows[i], ty, tx);
      starts[i] = select(0u, u32(windows[i].z + shift), inside[i]);
    }
    for (var k = start - tap * innerRows; k < end - tap * innerRows; k += 4u) {
      let count = min(4u, params.inner - k);
      // All pixels are loaded first: in this order the emulating compiler needs half of the registers.
      var values: array<vec4f, PIXELS>;
      for (var i = 0u; i < PIXELS; i++) {
        values[i] = select(vec4f(), loadSource(starts[i] + k, count), inside[i]);
      }
      let low = mat4x4f(packed[at], packed[at + params.blocksHere],
        packed[at + 2u * params.blocksHere], packed[at + 3u * params.blocksHere]);
      for (var i = 0u; i < PIXELS; i++) { left[i] += low * values[i]; }
      let high = mat4x4f(packed[at + 1u], packed[at + params.blocksHere + 1u],
        packed[at + 2u * params.blocksHere + 1u], packed[at + 3u * params.blocksHere + 1u]);
      for (var i = 0u; i < PIXELS; i++) { right[i] += high * values[i]; }
      at += 4u * params.blocksHere;
    }
    start = end;
  }
  let block = params.blockFirst + pair * 2u;
  for (var i = 0u; i < PIXELS; i++) {
    if (first + i >= params.pixels) { continue; }
    if (block < params.blocks) { finish(places[i], 0u, 4u * block, left[i]); }
    if (block + 1u < params.blocks) { finish(places[i], 0u, 4u * block + 4u, right[i]); }
  }
}
