// Gradient of the weight (common.wgsl) through workgroup memory, for GPUs: a workgroup of 64 computes a tile of
// 16 blocks (fours of input channels that never straddle taps) × 64 output channels of one split and group, over
// 16 output pixels at a time; an invocation 2 blocks × 8 channels of it.
var<workgroup> xTile: array<vec4f, 256>;   // [pixel][block]
var<workgroup> outTile: array<vec4f, 256>; // [pixel][output channel / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let blocksPerTap = (params.perGroupC + 3u) / 4u;
  let blocks = blocksPerTap * params.kh * params.kw;
  let tilesC = (blocks + 15u) / 16u;
  let tilesO = (params.perGroupO + 63u) / 64u;
  let tile = id.x + id.y * params.row;
  let firstO = (tile % tilesO) * 64u;
  let firstBlock = (tile / tilesO % tilesC) * 16u;
  let group = tile / (tilesO * tilesC) % params.groups;
  let split = tile / (tilesO * tilesC * params.groups);

  // What this invocation loads: column local % 16 of both tiles, for every fourth pixel.
  let block = firstBlock + local % 16u;
  let tap = block / blocksPerTap;
  let c = (block % blocksPerTap) * 4u;
  let o = firstO + (local % 16u) * 4u;
  let offsetY = i32(tap / params.kw) * params.dilation + params.offsetY;
  let offsetX = i32(tap % params.kw) * params.dilation + params.offsetX;
  let endPixel = min(params.pixels, (split + 1u) * params.rowsPerSplit * params.outputW);
  let left = (local % 8u) * 2u;
  let top = (local / 8u) * 2u;
  var sums: array<vec4f, 16>;
  for (var first = split * params.rowsPerSplit * params.outputW; first < endPixel; first += 16u) {
    for (var p = local / 16u; p < 16u; p += 4u) {
      let pixel = first + p;
      let row = pixel / params.outputW;
      let sy = i32(row % params.outputH) * params.stride + offsetY;
      let sx = i32(pixel % params.outputW) * params.stride + offsetX;
      var value = vec4f();
      if (pixel < endPixel && block < blocks && sy >= 0 && sy < i32(params.inputH) && sx >= 0 && sx < i32(params.inputW)) {
        let at = ((row / params.outputH * params.inputH + u32(sy)) * params.inputW + u32(sx)) * params.inputC;
        value = loadX(at + params.xBase + group * params.perGroupC + c, 4u);
      }
      xTile[p * 16u + local % 16u] = value;
      var d = vec4f();
      if (pixel < endPixel && o < params.perGroupO) {
        d = loadOut(pixel * params.outputC + params.dOutBase + group * params.perGroupO + o, 4u);
      }
      outTile[p * 16u + local % 16u] = d;
    }
    workgroupBarrier();
    for (var p = 0u; p < 16u; p++) {
      let leftD = outTile[p * 16u + left];
      let rightD = outTile[p * 16u + left + 1u];
      for (var b = 0u; b < 2u; b++) {
        let value = xTile[p * 16u + top + b];
        for (var i = 0u; i < 4u; i++) {
          sums[(b * 4u + i) * 2u] += value[i] * leftD;
          sums[(b * 4u + i) * 2u + 1u] += value[i] * rightD;
        }
      }
    }
    workgroupBarrier();
  }
  for (var b = 0u; b < 2u; b++) {
    let made = firstBlock + top + b;
    let channel = (made % blocksPerTap) * 4u;
    let outer = firstO + left * 4u;
    for (var i = 0u; i < 4u; i++) {
      if (split >= params.splits || made >= blocks || channel + i >= params.perGroupC) { continue; }
      let cell = vec3u(split, made / blocksPerTap, channel + i);
      if (outer < params.perGroupO) { finish(cell, group, outer, sums[(b * 4u + i) * 2u]); }
      if (outer + 4u < params.perGroupO) { finish(cell, group, outer + 4u, sums[(b * 4u + i) * 2u + 1u]); }
    }
  }
}
