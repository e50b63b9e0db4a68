// Gather convolution (common.wgsl) through workgroup memory, for GPUs: a workgroup of 64 computes a tile of
// 64 grid pixels × 64 outer channels of one group, 16 of (taps × inner channels) at a time; an invocation 8 × 8 of it.
// (taps × inner channels) is counted in steps: fours of channels that never straddle taps.
const STRIDE = 5u; // of a pixel's four steps in the tile: odd, so that pixels fall on different banks
var<workgroup> sourceTile: array<vec4f, 320>; // [pixel][step], inner channels of a step in a vector
var<workgroup> weightTile: array<vec4f, 256>; // [step · 4 + inner channel][outer channel / 4]

fn tapOf(step: u32, stepsPerTap: u32) -> vec2u {
  let tap = step / stepsPerTap;
  return vec2u(tap / params.kxCount, tap % params.kxCount);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let tile = id.x + id.y * params.row;
  let tilesPerGroup = (params.blocksPerGroup + 15u) / 16u;
  let tiles = tilesPerGroup * (params.blocks / params.blocksPerGroup);
  let firstPixel = (tile / tiles) * 64u;
  let group = (tile % tiles) / tilesPerGroup;
  let firstO = ((tile % tiles) % tilesPerGroup) * 64u;
  let stepsPerTap = (params.inner + 3u) / 4u;
  let steps = stepsPerTap * params.kyCount * params.kxCount;
  let window = windowOf(placeOf(min(firstPixel + local, params.pixels - 1u)), group);
  let isPixel = firstPixel + local < params.pixels;
  let weightO = firstO + (local % 16u) * 4u;
  let column = (local % 8u) * 2u;
  let pixel = (local / 8u) * 8u;
  var sums: array<vec4f, 16>;
  for (var first = 0u; first < steps; first += 4u) {
    for (var s = 0u; s < 4u; s++) {
      let tap = tapOf(first + s, stepsPerTap);
      let k = ((first + s) % stepsPerTap) * 4u;
      var value = vec4f();
      if (isPixel && first + s < steps && isInside(window, tap.x, tap.y)) {
        value = loadSource(u32(window.z + shiftOf(tap.x, tap.y)) + k, min(4u, params.inner - k));
      }
      sourceTile[local * STRIDE + s] = value;
    }
    let step = first + local / 16u;
    var weights = mat4x4f();
    if (step < steps && weightO < params.outer) {
      weights = loadWeights(tapOf(step, stepsPerTap), (step % stepsPerTap) * 4u, group, weightO);
    }
    for (var c = 0u; c < 4u; c++) { weightTile[(local / 16u * 4u + c) * 16u + local % 16u] = weights[c]; }
    workgroupBarrier();
    for (var s = 0u; s < 4u; s++) {
      var left: mat4x4f;
      var right: mat4x4f;
      for (var c = 0u; c < 4u; c++) {
        left[c] = weightTile[(s * 4u + c) * 16u + column];
        right[c] = weightTile[(s * 4u + c) * 16u + column + 1u];
      }
      for (var i = 0u; i < 8u; i++) {
        let value = sourceTile[(pixel + i) * STRIDE + s];
        sums[i * 2u] += left * value;
        sums[i * 2u + 1u] += right * value;
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < 8u; i++) {
    let p = firstPixel + pixel + i;
    let o = firstO + column * 4u;
    let place = placeOf(p);
    if (p < params.pixels && o < params.outer) { finish(place, group, o, sums[i * 2u]); }
    if (p < params.pixels && o + 4u < params.outer) { finish(place, group, o + 4u, sums[i * 2u + 1u]); }
  }
}
