// Gather convolution (common.wgsl) with sums in registers: no barriers, for CPUs that emulate a GPU and for
// small work. One invocation computes PIXELS consecutive grid pixels × 4 outer channels. Prepended: PIXELS.

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  let block = index % params.blocks;
  let first = (index / params.blocks) * PIXELS;
  if (first >= params.pixels) { return; }
  let group = block / params.blocksPerGroup;
  let o = (block % params.blocksPerGroup) * 4u;
  var windows: array<vec3i, PIXELS>;
  var sums: array<vec4f, PIXELS>;
  var places: array<vec3u, PIXELS>;
  places[0] = placeOf(first);
  for (var i = 1u; i < PIXELS; i++) {
    // Past the last pixel it is computed again, and not written.
    places[i] = select(places[i - 1u], placeAfter(places[i - 1u]), first + i < params.pixels);
  }
  for (var i = 0u; i < PIXELS; i++) { windows[i] = windowOf(places[i], group); }
  for (var ty = 0u; ty < params.kyCount; ty++) {
    for (var tx = 0u; tx < params.kxCount; tx++) {
      var inside: array<bool, PIXELS>;
      var starts: array<u32, PIXELS>;
      let shift = shiftOf(ty, tx);
      for (var i = 0u; i < PIXELS; i++) {
        inside[i] = isInside(windows[i], ty, tx);
        starts[i] = select(0u, u32(windows[i].z + shift), inside[i]);
      }
      for (var k = 0u; k < params.inner; k += 4u) {
        let weights = loadWeights(vec2u(ty, tx), k, group, o);
        let count = min(4u, params.inner - k);
        for (var i = 0u; i < PIXELS; i++) {
          sums[i] += weights * select(vec4f(), loadSource(starts[i] + k, count), inside[i]);
        }
      }
    }
  }
  for (var i = 0u; i < PIXELS; i++) {
    if (first + i < params.pixels) { finish(places[i], group, o, sums[i]); }
  }
}
